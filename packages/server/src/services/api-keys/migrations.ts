/** Tables, policies and functions of customers' keys; applied where they are enabled. */
import { readMigrations } from '#base/db'

export const apiKeyMigrations = readMigrations(
  'api-keys',
  new URL('./migrations/', import.meta.url),
)

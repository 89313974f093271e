/** What the control database consists of. */
import { readMigrations } from '#base/db'

export const controlMigrations = readMigrations(
  'control',
  new URL('./migrations/', import.meta.url),
)

/** The `auth` schema. */
import { readMigrations } from '#base/db'

/** Service `auth`; needs the roles and schemas of the `database` migrations. */
export const authMigrations = readMigrations('auth', new URL('./migrations/', import.meta.url))

/** The `realtime` schema. */
import { readMigrations } from '#base/db'

/** Service `realtime`; needs the roles and schemas of the `database` migrations. */
export const realtimeMigrations = readMigrations(
  'realtime',
  new URL('./migrations/', import.meta.url),
)

/** Owns the schema's tables and functions, which a project can replace: so they are called as nobody who is more. */
export const realtimeLogin = 'supabase_realtime_admin'

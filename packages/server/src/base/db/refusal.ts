/** Why a login got no connection, and what mends it. */
import { DatabaseError } from './errors.ts'

/** SQLSTATE, or the code of the system; '' where there is none. */
export function refusalCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof DatabaseError) return at.code
    if ('code' in at) return String(at.code)
  }
  return ''
}

/** A wrong password, or a role that may not log in. */
export function isLoginRefused(code: string): boolean {
  return code.startsWith('28')
}

/** What whoever runs the server does; null where that depends on who logs in. */
export function remedyOfServer(code: string): string | null {
  return code === '53300'
    ? 'Other sessions have all connections (select usename, application_name, count(*) from pg_stat_activity group by 1, 2): end some, raise max_connections, or lower basalt.db.pool_max'
    : null
}

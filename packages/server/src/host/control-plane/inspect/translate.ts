/** What went wrong in a project's database, in words of the API. */
import { controlErrors } from '#host/control-plane/core'
import { ConnectionError, DatabaseError, RowTooLarge } from '#base/db'
import { inspectErrors } from './errors.ts'

export function translate(error: unknown): unknown {
  if (error instanceof DatabaseError)
    return inspectErrors.control_sql_failed({ code: error.code, message: error.message }, error)
  if (error instanceof RowTooLarge) return inspectErrors.control_sql_too_large(undefined, error)
  if (!(error instanceof ConnectionError)) return error
  if (error.failure === 'pool-full' || error.failure === 'pool-timeout')
    return controlErrors.control_busy(undefined, error)
  if (error.failure === 'deadline') return inspectErrors.control_sql_timeout(undefined, error)
  return inspectErrors.control_project_database_away(undefined, error)
}

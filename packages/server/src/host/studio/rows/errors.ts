/** What can be wrong with rows that are asked for or changed. */
import { DatabaseError } from '#base/db'
import { PlatformError, defineErrors } from '#base/kernel'

export const rowsErrors = defineErrors({
  studio_rows_invalid: {
    status: 400,
    message: (p: { reason: string }) => `The rows cannot be asked for like this: ${p.reason}`,
  },
  studio_jump_too_far: {
    status: 400,
    message: 'Counting up to there takes too long',
    hint: 'Filter the rows, sort by an indexed column, or ANALYZE the table so that Postgres knows how its values are spread.',
  },
  studio_row_not_found: {
    status: 404,
    message: 'There is no such row any more',
  },
  studio_relation_not_writable: {
    status: 400,
    message: (p: { relation: string; reason: string }) =>
      `Rows of ${p.relation} cannot be changed here: ${p.reason}`,
  },
  studio_column_not_writable: {
    status: 400,
    message: (p: { column: string; reason: string }) =>
      `${p.column.slice(0, 80)} cannot be written: ${p.reason}`,
  },
  studio_change_refused: {
    status: 400,
    message: (p: { place: string; message: string; code: string; detail: string; hint: string }) =>
      `${p.place}: ${p.message} (SQLSTATE ${p.code})`,
    details: (p: { place: string; message: string; code: string; detail: string; hint: string }) =>
      p.detail,
    hint: (p: { place: string; message: string; code: string; detail: string; hint: string }) =>
      p.hint,
  },
  studio_rows_conflict: {
    status: 409,
    message: (p: { rows: number }) =>
      `${p.rows === 1 ? 'A row was' : `${p.rows} rows were`} changed by somebody else: nothing is written`,
    hint: 'Look at what is there now, then save again.',
  },
})

/** Whether it took too long, as far as it is Postgres's or our own clock that says so. */
export function isTimeout(error: unknown): boolean {
  if (!(error instanceof PlatformError)) return false
  const { cause } = error
  return (
    error.code === 'control_sql_timeout' ||
    (cause instanceof DatabaseError && cause.code === '57014')
  )
}

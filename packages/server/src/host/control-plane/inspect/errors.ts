/** What can be wrong with SQL of operators. */
import { defineErrors } from '#base/kernel'

export const inspectErrors = defineErrors({
  control_sql_superuser: {
    status: 409,
    message: 'In this database `postgres` is a superuser, and SQL of operators never runs as one',
    hint: 'Give the project a database URL of a user that is none, or let `postgres` be none.',
  },
  control_sql_failed: {
    status: 400,
    message: (p: { code: string; message: string }) => `${p.message} (SQLSTATE ${p.code})`,
  },
  control_sql_too_large: {
    status: 400,
    message: 'A row, or the rows of one batch, are larger than is read here',
    hint: 'Leave out the column that is large.',
  },
  control_sql_timeout: {
    status: 400,
    message: 'This took longer than is allowed, and was stopped',
    hint: 'Read less at once, or add an index.',
  },
  control_sql_role_refused: {
    status: 403,
    message: 'Who may only read runs SQL as no other role',
  },
  control_project_database_away: {
    status: 503,
    message: 'The database of the project cannot be reached',
  },
})

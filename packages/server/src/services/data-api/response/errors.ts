/** Errors of the respond stage: a query ran, and its outcome cannot be answered as asked. And of tokens. */
import { defineErrors } from '#base/kernel'

export const responseErrors = defineErrors({
  PGRST111: {
    status: 500,
    message:
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
  },
  PGRST112: { status: 500, message: 'response.status guc must be a valid status code' },
  PGRST115: {
    status: 400,
    message: 'Payload values do not match URL in primary key column(s)',
  },
  PGRST116: {
    status: 406,
    message: 'Cannot coerce the result to a single JSON object',
    details: (p: { rows: number }) => `The result contains ${p.rows} rows`,
  },
  PGRST121: {
    status: 500,
    message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
    details: (p: { details: string; hint: string }) => p.details,
    hint: (p: { details: string; hint: string }) => p.hint,
  },
  PGRST124: {
    status: 400,
    message: 'Query result exceeds max-affected preference constraint',
    details: (p: { rows: number }) => `The query affects ${p.rows} rows`,
  },
  /** The database could not be reached. */
  PGRST000: { status: 503, message: 'Database connection error.' },
  /** Nobody reads it; it is what the log and the metrics see. */
  cancelled: {
    code: '57014',
    status: 499,
    message: 'The client went away before the answer; the statement was cancelled',
  },
  PGRST001: { status: 503, message: 'Database client error. Retrying the connection.' },
  PGRST002: {
    status: 503,
    message: 'Could not query the database for the schema cache. Retrying.',
  },
  PGRST003: {
    status: 504,
    message: 'Timed out acquiring connection from connection pool.',
  },
  /** Of a result above 1 MiB: each reader holds a connection. */
  '53400': {
    status: 503,
    message: (p: { reason: string }) => p.reason,
    hint: 'Try again in a moment, or ask for fewer rows at a time (limit, Range).',
  },
  /** The token cannot be read or its signature does not hold. */
  PGRST301: {
    status: 401,
    message: (p: { message: string; details: string }) => p.message,
    details: (p: { message: string; details: string }) => p.details,
  },
  /** A claim of the token is wrong. */
  PGRST303: { status: 401, message: (p: { message: string }) => p.message },
})

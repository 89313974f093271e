/** SQLSTATE → HTTP status, as PostgREST maps them (docs: "HTTP Status Codes" of its error reference). */

/** Single codes that differ from their class. */
const byCode: Readonly<Record<string, number>> = {
  '23503': 409, // foreign_key_violation
  '23505': 409, // unique_violation
  '25006': 405, // read_only_sql_transaction: a GET that would write
  '42883': 404, // undefined_function
  '42P01': 404, // undefined_table
  '42P17': 500, // invalid_object_definition: infinite recursion in a view or policy
  '53400': 500, // configuration_limit_exceeded
  '57P01': 503, // admin_shutdown
  P0001: 400, // raise_exception, the code of a plain RAISE
}

/** Classes: the first two characters. What is not listed is the request's fault: 400. */
const byClass: Readonly<Record<string, number>> = {
  '08': 503, // connection
  '09': 500, // triggered action
  '0L': 403, // invalid grantor
  '0P': 403, // invalid role specification
  '25': 500, // invalid transaction state
  '28': 403, // invalid authorization specification
  '2D': 500, // invalid transaction termination
  '38': 500, // external routine
  '39': 500, // external routine invocation
  '3B': 500, // savepoint
  '40': 500, // transaction rollback
  '53': 503, // insufficient resources
  '54': 500, // too complex
  '55': 500, // object not in prerequisite state
  '57': 500, // operator intervention, statement_timeout among it
  '58': 500, // system error
  F0: 500, // configuration file
  HV: 500, // foreign data wrapper
  P0: 500, // PL/pgSQL
  XX: 500, // internal
}

/**
 * The status of an error of Postgres. `isAnonymous` decides whether a missing privilege asks for a token (401) or not (403).
 * `httpStatusOf('23505', '…', true)` → 409; `PT418` → 418, `PT4xx` with anything but digits → 500.
 */
export function httpStatusOf(code: string, message: string, isAnonymous: boolean): number {
  if (code === '42501') return isAnonymous ? 401 : 403
  if (code === '21000') return message.endsWith('requires a WHERE clause') ? 400 : 500
  if (code === '22023') return /^role .* does not exist$/.test(message) ? 401 : 400
  if (code.startsWith('PT')) return statusOfPt(code.slice(2))
  if (code === '42883' && message.startsWith('function xmlagg(')) return 406
  return byCode[code] ?? byClass[code.slice(0, 2)] ?? 400
}

function statusOfPt(digits: string): number {
  const status = /^\d{3}$/.test(digits) ? Number(digits) : 0
  return status >= 200 && status <= 599 ? status : 500
}

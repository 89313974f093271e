/** Errors of Postgres and of the connection to it in PostgREST's words. */
import { ConnectionError, DatabaseError, httpStatusOf } from '#base/db'
import type { ConnectionFailure } from '#base/db'
import { isJsonObject, PlatformError } from '#base/kernel'
import { responseErrors } from '#services/data-api/response'

/** What is thrown in place of `error`; anything unknown stays what it is. */
export function describeFailure(error: unknown, isAnonymous: boolean): unknown {
  if (error instanceof ConnectionError) return connectionFailure(error)
  if (!(error instanceof DatabaseError)) return error
  if (error.code === 'PGRST') return raisedResponse(error)
  const status = httpStatusOf(error.code, error.message, isAnonymous)
  return new PlatformError({
    code: error.code,
    status,
    message: error.message,
    details: error.detail,
    hint: error.hint,
    headers: status === 401 ? { 'www-authenticate': 'Bearer' } : {},
    cause: error,
  })
}

function connectionFailure(error: ConnectionError): PlatformError {
  const waited: readonly ConnectionFailure[] = ['pool-timeout', 'pool-full', 'deadline']
  if (error.failure === 'streams-full')
    return responseErrors['53400']({ reason: error.message }, error)
  if (waited.includes(error.failure)) return responseErrors.PGRST003(undefined, error)
  if (error.failure === 'cancelled') return responseErrors.cancelled(undefined, error)
  return error.failure === 'connect'
    ? responseErrors.PGRST000(undefined, error)
    : responseErrors.PGRST001(undefined, error)
}

/** `raise sqlstate 'PGRST'`: the message holds the body, the detail status and headers, both as JSON. */
function raisedResponse(error: DatabaseError): PlatformError {
  const body = parseObject(error.message)
  if (body === null || typeof body['code'] !== 'string' || typeof body['message'] !== 'string') {
    return responseErrors.PGRST121({
      details: `Invalid JSON value for MESSAGE: '${error.message}'`,
      hint: "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    })
  }
  const hint =
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
  if (error.detail === null) {
    return responseErrors.PGRST121({ details: 'DETAIL is missing in the RAISE statement', hint })
  }
  const answer = parseObject(error.detail)
  if (answer === null || typeof answer['status'] !== 'number' || !isJsonObject(answer['headers'])) {
    const details = `Invalid JSON value for DETAIL: '${error.detail}'`
    return responseErrors.PGRST121({ details, hint })
  }
  if (!Number.isInteger(answer['status']) || answer['status'] < 200 || answer['status'] > 599) {
    const details = `Invalid status in DETAIL: ${String(answer['status']).slice(0, 20)} is not from 200 to 599`
    return responseErrors.PGRST121({ details, hint })
  }
  return new PlatformError({
    code: body['code'],
    status: answer['status'],
    message: body['message'],
    details: textOrNull(body['details']),
    hint: textOrNull(body['hint']),
    headers: textHeaders(answer['headers']),
    cause: error,
  })
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? { ...value } : null
  } catch {
    return null
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function textHeaders(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string' && !/[\r\n\0]/.test(name + value)) {
      headers[name.toLowerCase()] = value
    }
  }
  return headers
}

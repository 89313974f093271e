/** Bodies of errors as supabase/storage has them: `{ statusCode, error, message, code }`. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'
import { storageErrors } from './errors.ts'

/** Whose message has the status of its meaning; all others below 500 are 400. */
const honest = new Set([
  'InvalidRole',
  'InvalidRange',
  'SlowDown',
  'DatabaseTimeout',
  'AbortedTerminate',
  // the gateway's, which no client of Supabase's has seen as 400
  'over_request_rate_limit',
])

/** `NoSuchKey` → 400 `{"statusCode":"404","error":"not_found","message":"Object not found","code":"NoSuchKey"}` */
export function formatError(error: PlatformError): HttpResponse {
  const known = translate(error)
  const code = known.code === 'InvalidRole' ? 'AccessDenied' : known.code
  const body = {
    statusCode: String(known.status),
    error: known.details ?? code,
    message: known.message,
    code,
  }
  const response = jsonResponse(statusOf(known), body)
  if (known.details === 'Not found') response.headers['cache-control'] = 'no-store'
  return response
}

function statusOf({ code, status, details }: PlatformError): number {
  if (honest.has(code) || details === 'Not Found' || status >= 500) return status
  return 400
}

/** Errors of the layers around us, in Storage's words. */
export function translate(error: PlatformError): PlatformError {
  switch (error.code) {
    case 'body_too_large':
      return storageErrors.EntityTooLarge(undefined, error)
    case 'invalid_json':
      return storageErrors.Malformed({ message: error.message.replace(/^[^:]*: /, '') }, error)
    case 'client_closed_request':
      return storageErrors.Aborted(undefined, error)
    case 'unexpected_failure':
      return storageErrors.InternalError(undefined, error)
    default:
      return error
  }
}

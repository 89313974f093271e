/** Bodies of errors: text for a function that is not there, `{ msg }` for tokens, `{ code, message }` for what fails. */
import { jsonResponse, textResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'

export function formatError({ code, status, message, details }: PlatformError): HttpResponse {
  if (code === 'FunctionNotFound') return textResponse(404, message)
  // functions-js tells by it who refused: the platform, and not the function
  if (status === 401) return jsonResponse(401, { msg: message }, { 'x-relay-error': 'true' })
  return jsonResponse(status, details ? { code, message, details } : { code, message })
}

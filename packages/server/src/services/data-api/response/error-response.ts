/** Errors in PostgREST's form: `{"code","details","hint","message"}`. */
import type { HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'

export function errorResponse(error: PlatformError): HttpResponse {
  const { code, message, hint } = error
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'proxy-status': `PostgREST; error=${code}`,
      ...error.headers,
    },
    body: JSON.stringify({ code, details: detailsOf(error), hint: hint || null, message }),
  }
}

/** The candidates of an ambiguous relationship are a list, not a text. */
function detailsOf({ code, details }: PlatformError): unknown {
  if (details === null || details === '') return null
  return code === 'PGRST201' ? (JSON.parse(details) as unknown) : details
}

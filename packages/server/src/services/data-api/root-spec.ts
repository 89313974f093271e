/** `db-root-spec`: a function of the user's answers the root instead of our document. */
import type { HttpRequest, HttpResponse } from '#base/http'

const openApi = 'application/openapi+json'

/** A request for the root as the call of `routine`, or null for any other request. */
export function asRootCall(http: HttpRequest, routine: string): HttpRequest | null {
  if (http.path !== '/' || (http.method !== 'GET' && http.method !== 'HEAD')) return null
  const name = routine.slice(routine.lastIndexOf('.') + 1)
  // the function answers JSON, whichever of its two names the client asks for
  const headers = asksForOpenApi(http)
    ? { ...http.headers, accept: 'application/json' }
    : http.headers
  const { method, query, remoteAddress, cancellation, body } = http
  return {
    method,
    path: `/rpc/${encodeURIComponent(name)}`,
    query,
    headers,
    remoteAddress,
    cancellation,
    body,
  }
}

/** The answer under the media type that was asked for. */
export function nameOpenApi(http: HttpRequest, response: HttpResponse): HttpResponse {
  if (asksForOpenApi(http) && response.status < 300)
    response.headers['content-type'] = `${openApi}; charset=utf-8`
  return response
}

function asksForOpenApi({ headers }: HttpRequest): boolean {
  return headers['accept']?.includes(openApi) ?? false
}

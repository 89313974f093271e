/** CORS as PostgREST speaks it: only when a page asks, any origin unless some are configured. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { emptyResponse, isPreflight } from '#base/http'

const exposed =
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit'
const methods = 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD'
/** May always be sent; listed behind what the page asks for. */
const simpleHeaders = ['Accept', 'Accept-Language', 'Content-Language']

type Headers = Record<string, string | string[]>

/** The headers that let the page read the answer; null when no page asks or its origin is not allowed. */
function originHeaders(request: HttpRequest, allowed: readonly string[]): Headers | null {
  const { origin } = request.headers
  if (origin === undefined) return null
  if (allowed.length === 0) return { 'access-control-allow-origin': '*' }
  if (!allowed.includes(origin)) return null
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}

/** The answer to a preflight; null for everything else. */
export function answerPreflight(
  request: HttpRequest,
  allowed: readonly string[],
): HttpResponse | null {
  if (!isPreflight(request)) return null
  const headers = originHeaders(request, allowed)
  if (headers === null) return null
  const asked = (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return emptyResponse(200, {
    ...headers,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': ['Authorization', ...asked, ...simpleHeaders].join(', '),
    'access-control-max-age': '86400',
  })
}

/** Adds to the answer of a request what a page needs to read it. */
export function addCorsHeaders(
  request: HttpRequest,
  allowed: readonly string[],
  response: HttpResponse,
): void {
  const headers = originHeaders(request, allowed)
  if (headers === null) return
  Object.assign(response.headers, headers, { 'access-control-expose-headers': exposed })
}

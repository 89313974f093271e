/** What only this machine is to reach. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { isLoopback, loopbackOnly } from '#base/http'

/** Who listens on this machine alone answers to its names alone. */
export function guarded(
  host: string,
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): (request: HttpRequest) => Promise<HttpResponse> {
  return isLoopback(host) ? loopbackOnly(handle) : handle
}

/** A request as a service sees it: the same one, with the path behind the service's prefix. */
import type { HttpHeaders, HttpRequest, RequestBody } from '#http'
import type { Cancellation } from '#kernel'

/** Delegates instead of copying: body and cancellation may be made only when asked for. */
export class ServiceRequest implements HttpRequest {
  readonly path: string
  /** With the request id, as a gateway in front would have set it. */
  readonly headers: HttpHeaders
  readonly #outer: HttpRequest

  constructor(outer: HttpRequest, prefix: string, requestId: string) {
    this.#outer = outer
    this.headers = { ...outer.headers, 'x-request-id': requestId }
    this.path = outer.path.slice(prefix.length) || '/'
  }

  get method(): string {
    return this.#outer.method
  }

  get query(): string {
    return this.#outer.query
  }

  get remoteAddress(): string {
    return this.#outer.remoteAddress
  }

  get cancellation(): Cancellation {
    return this.#outer.cancellation
  }

  get body(): RequestBody {
    return this.#outer.body
  }
}

/** A request as a service sees it: the same one, with the path behind the service's prefix. */
import type { Forwarded, HttpHeaders, HttpRequest, RequestBody } from '#base/http'
import type { Cancellation } from '#base/kernel'

/** Body and cancellation are delegated, not copied: they may be made only when asked for. */
export class ServiceRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
  readonly requestId: string
  readonly remoteAddress: string
  readonly forwarded: Forwarded | null
  readonly #outer: HttpRequest

  /** `path` as the service sees it. */
  constructor(outer: HttpRequest, path: string, requestId: string) {
    this.method = outer.method
    this.path = path
    this.query = outer.query
    this.headers = outer.headers
    this.requestId = requestId
    this.remoteAddress = outer.remoteAddress
    this.forwarded = outer.forwarded ?? null
    this.#outer = outer
  }

  get cancellation(): Cancellation {
    return this.#outer.cancellation
  }

  get body(): RequestBody {
    return this.#outer.body
  }
}

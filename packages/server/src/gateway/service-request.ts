/** A request as a service sees it: the same one, with the path behind the service's prefix. */
import type { HttpHeaders, HttpRequest, RequestBody } from '#http'
import type { Cancellation } from '#kernel'

/** Delegates instead of copying: headers, body and cancellation may be made only when asked for. */
export class ServiceRequest implements HttpRequest {
  readonly path: string
  readonly #outer: HttpRequest

  constructor(outer: HttpRequest, prefix: string) {
    this.#outer = outer
    this.path = outer.path.slice(prefix.length) || '/'
  }

  get method(): string {
    return this.#outer.method
  }

  get query(): string {
    return this.#outer.query
  }

  get headers(): HttpHeaders {
    return this.#outer.headers
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

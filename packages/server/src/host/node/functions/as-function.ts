/** A request that a function sent: from this machine, but not of somebody who sits at it. */
import type { HttpHeaders, HttpRequest, RequestBody } from '#base/http'
import type { Cancellation } from '#base/kernel'

/** What is allowed to programs of this machine alone is not for functions: `via` says that somebody is behind the connection. `host` is the one they named. */
export function asFunction(request: HttpRequest, host: string): HttpRequest {
  return new FunctionRequest(request, host)
}

class FunctionRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
  readonly remoteAddress = '127.0.0.1'
  readonly #outer: HttpRequest

  constructor(outer: HttpRequest, host: string) {
    this.method = outer.method
    this.path = outer.path
    this.query = outer.query
    this.headers = { ...outer.headers, host, via: '1.1 basalt-functions' }
    this.#outer = outer
  }

  get cancellation(): Cancellation {
    return this.#outer.cancellation
  }

  get body(): RequestBody {
    return this.#outer.body
  }
}

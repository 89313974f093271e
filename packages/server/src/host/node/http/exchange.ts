/** One request as handlers see it, made with as little as possible: one object is request and cancellation. */
import type { Cancellation } from '#base/kernel'
import { CancellationSource } from '#base/kernel'
import type { HttpHeaders, HttpRequest, RequestBody } from '#base/http'

/** The fields are own properties, not getters: the gateway hands the request on as a changed copy. */
export class Exchange extends CancellationSource implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
  readonly remoteAddress: string
  readonly cancellation: Cancellation = this
  readonly body: RequestBody

  /** `target` in origin form, `/path?query`. */
  constructor(
    method: string,
    target: string,
    headers: HttpHeaders,
    remoteAddress: string,
    body: RequestBody,
  ) {
    super()
    const mark = target.indexOf('?')
    this.method = method
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
    this.headers = headers
    this.remoteAddress = remoteAddress
    this.body = body
  }
}

/** One request as handlers see it, made of node:http's with as little as possible: one object is request, body and cancellation. */
import type { IncomingMessage } from 'node:http'
import type { Cancellation } from '#kernel'
import { CancellationSource } from '#kernel'
import type { HttpHeaders, HttpRequest, RequestBody } from '#http'
import { concatBytes, httpErrors } from '#http'
import { nodeErrors } from './errors.ts'

const nothing = new Uint8Array(0)

/** The fields are own properties, not getters: the gateway hands the request on as a changed copy. */
export class Exchange extends CancellationSource implements HttpRequest, RequestBody {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
  readonly remoteAddress: string
  readonly cancellation: Cancellation = this
  readonly body: RequestBody = this
  readonly #incoming: IncomingMessage

  constructor(incoming: IncomingMessage, remoteAddress: string, headers: HttpHeaders) {
    super()
    const target = originForm(incoming.url ?? '/')
    const mark = target.indexOf('?')
    this.method = incoming.method ?? 'GET'
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
    this.headers = headers
    this.remoteAddress = remoteAddress
    this.#incoming = incoming
  }

  read(maxBytes: number): Promise<Uint8Array> {
    const declared = this.headers['content-length']
    if (declared === undefined && this.headers['transfer-encoding'] === undefined) {
      return Promise.resolve(nothing)
    }
    if (declared !== undefined && Number(declared) > maxBytes) {
      return Promise.reject(httpErrors.body_too_large({ maxBytes }))
    }
    return collect(this.#incoming, maxBytes)
  }

  async *stream(): AsyncIterable<Uint8Array> {
    try {
      yield* this.#incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
    } catch (error) {
      throw this.cancelled || this.#incoming.destroyed
        ? nodeErrors.client_closed_request(undefined, error)
        : error
    }
  }
}

/** Events instead of `for await`: a small body is one event and no iterator. */
function collect(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = []
    let length = 0
    incoming.on('data', (part: Uint8Array) => {
      length += part.length
      if (length <= maxBytes) parts.push(part)
      else {
        parts.length = 0
        // what follows is read and dropped, so that the client gets to read the answer; requestTimeout bounds it
        reject(httpErrors.body_too_large({ maxBytes }))
      }
    })
    incoming.on('end', () => resolve(concatBytes(parts, length)))
    incoming.on('error', (error) => reject(nodeErrors.client_closed_request(undefined, error)))
    incoming.on('close', () => {
      if (!incoming.complete) reject(nodeErrors.client_closed_request())
    })
  })
}

/** `http://host/path?q` (sent to proxies) → `/path?q`; `*` (OPTIONS) → `/`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)
  const rest = absolute?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

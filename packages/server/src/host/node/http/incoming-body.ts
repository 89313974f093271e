/** The body of a request that node:http reads, as it arrives. */
import type { IncomingMessage } from 'node:http'
import type { RequestBody } from '#base/http'
import { concatBytes, httpErrors } from '#base/http'
import type { BodyAccount } from './body-budget.ts'
import type { BodyClock } from './body-clock.ts'
import { nodeErrors } from './errors.ts'

const nothing = new Uint8Array(0)

export class IncomingBody implements RequestBody {
  readonly #incoming: IncomingMessage
  readonly #account: BodyAccount
  readonly #clock: BodyClock | null

  constructor(incoming: IncomingMessage, account: BodyAccount, clock: BodyClock | null) {
    this.#incoming = incoming
    this.#account = account
    this.#clock = clock
  }

  read(maxBytes: number): Promise<Uint8Array> {
    const { headers } = this.#incoming
    const declared = headers['content-length']
    if (declared === undefined && headers['transfer-encoding'] === undefined) {
      return Promise.resolve(nothing)
    }
    if (declared !== undefined && Number(declared) > maxBytes) {
      return Promise.reject(httpErrors.body_too_large({ maxBytes }))
    }
    return collect(this.#incoming, maxBytes, this.#account)
  }

  async *stream(): AsyncIterable<Uint8Array> {
    try {
      const pieces = this.#incoming.iterator({ destroyOnReturn: false })
      for await (const piece of pieces as AsyncIterable<Uint8Array>) {
        yield piece
        this.#clock?.progressed()
      }
    } catch (error) {
      throw this.#incoming.destroyed ? nodeErrors.client_closed_request(undefined, error) : error
    } finally {
      // who had enough of it: the rest is read and dropped for the next request's sake; the body's clock bounds it
      this.#incoming.resume()
    }
  }
}

/** Events instead of `for await`: a small body is one event and no iterator. */
function collect(
  incoming: IncomingMessage,
  maxBytes: number,
  account: BodyAccount,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = []
    let length = 0
    incoming.on('data', (part: Uint8Array) => {
      length += part.length
      const fits = length <= maxBytes
      if (fits && account.grow(length)) parts.push(part)
      else {
        parts.length = 0
        account.close()
        // what follows is read and dropped, so that the client gets to read the answer; the body's clock bounds it
        reject(fits ? nodeErrors.too_many_bodies() : httpErrors.body_too_large({ maxBytes }))
      }
    })
    incoming.on('end', () => resolve(concatBytes(parts, length)))
    incoming.on('error', (error) => reject(nodeErrors.client_closed_request(undefined, error)))
    incoming.on('close', () => {
      if (!incoming.complete) reject(nodeErrors.client_closed_request())
    })
  })
}

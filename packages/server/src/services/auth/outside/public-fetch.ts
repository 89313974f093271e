/**
 * A fetch that reaches the public internet only: for URLs that were configured at run time. The address is looked at where
 * it is connected to, so that a name cannot change between the look and the connection.
 */
import { lookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { request } from 'node:https'
import type { RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { ProviderFailure } from './outgoing.ts'
import { findUrlFault, isPublicAddress } from './public-address.ts'

/** What a test puts in the place of the internet. */
export interface PublicFetchOptions {
  readonly resolve?: typeof lookupAll
  readonly isAllowed?: (address: string) => boolean
  /** Who signs certificates, and the name they are for. */
  readonly tls?: { readonly ca: string; readonly servername: string }
}

type Resolved = (error: Error | null, addresses: readonly LookupAddress[]) => void

function lookupAll(host: string, options: LookupOptions, found: Resolved): void {
  lookup(host, { ...options, all: true }, found)
}

export function createPublicFetch(options: PublicFetchOptions = {}): typeof fetch {
  const { resolve = lookupAll, isAllowed = isPublicAddress, tls } = options
  return (input, init = {}) => {
    const url = String(input instanceof Request ? input.url : input)
    const fault = findUrlFault(url)
    if (fault !== null) return Promise.reject(new ProviderFailure(fault))
    const { method = 'GET', headers = {}, body, signal } = init
    return send(url, typeof body === 'string' ? body : '', {
      method,
      headers: headers as Record<string, string>,
      lookup: guard(resolve, isAllowed),
      ...(signal ? { signal } : {}),
      ...tls,
    })
  }
}

export const publicFetch: typeof fetch = createPublicFetch()

function send(url: string, body: string, options: RequestOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => resolve(toResponse(incoming)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function toResponse(incoming: IncomingMessage): Response {
  const { statusCode: status = 502, headers } = incoming
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)])
  const stream = Readable.toWeb(incoming) as ConstructorParameters<typeof Response>[0]
  // these have no body
  const content = [204, 205, 304].includes(status) ? null : stream
  return new Response(content, { status, headers: Object.fromEntries(entries) as never })
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** A name with one address that is not public has none. */
function guard(resolve: typeof lookupAll, isAllowed: (address: string) => boolean) {
  return (host: string, options: LookupOptions, found: Found): void =>
    resolve(host, options, (error, addresses) => {
      const [first] = addresses ?? []
      if (error !== null) return found(error, [])
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        return found(new ProviderFailure(`${host} is not on the public internet`), [])
      }
      return options.all === true
        ? found(null, [...addresses])
        : found(null, first.address, first.family)
    })
}

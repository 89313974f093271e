/**
 * A fetch that reaches the public internet only: for URLs that were configured at run time. The address is looked at where
 * it is connected to, so that a name cannot change between the look and the connection.
 */
import { lookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { request } from 'node:https'
import { Readable } from 'node:stream'
import { ProviderFailure } from './outgoing.ts'
import { findUrlFault, isPublicAddress } from './public-address.ts'

export const publicFetch: typeof fetch = (input, init = {}) => {
  const url = String(input instanceof Request ? input.url : input)
  const fault = findUrlFault(url)
  if (fault !== null) return Promise.reject(new ProviderFailure(fault))
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, signal } = init
    const options = {
      method,
      headers: headers as Record<string, string>,
      lookup: lookupPublic,
      ...(signal ? { signal } : {}),
    }
    const outgoing = request(url, options, (incoming) => {
      const entries = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
      const stream = Readable.toWeb(incoming) as ConstructorParameters<typeof Response>[0]
      const status = incoming.statusCode ?? 502
      // these have no body
      const content = [101, 204, 205, 304].includes(status) ? null : stream
      resolve(
        new Response(content, {
          status,
          headers: Object.fromEntries(entries) as Record<string, string>,
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(typeof body === 'string' ? body : undefined)
  })
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void

function lookupPublic(host: string, options: LookupOptions, found: Found): void {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return found(error, [])
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return found(new ProviderFailure(`${host} is not on the public internet`), [])
    }
    const [first] = addresses
    return options.all === true
      ? found(null, addresses)
      : found(null, first?.address ?? '', first?.family)
  })
}

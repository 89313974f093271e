/** Addresses no request of a project may reach: what clouds tell their machines about themselves, tokens included. */
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { lookup } from 'node:dns'

const forbidden = new BlockList()
// link-local: 169.254.169.254 of most clouds, 169.254.170.2 of container services
forbidden.addSubnet('169.254.0.0', 16, 'ipv4')
forbidden.addSubnet('fe80::', 10, 'ipv6')
// the same of single clouds
forbidden.addAddress('fd00:ec2::254', 'ipv6')
forbidden.addAddress('fd20:ce::254', 'ipv6')
forbidden.addAddress('100.100.100.200', 'ipv4')
forbidden.addAddress('168.63.129.16', 'ipv4')
forbidden.addAddress('192.0.0.192', 'ipv4')

/** This machine and its networks are allowed, as with pg_net: that is where a project's own functions are. */
export function isForbiddenAddress(address: string): boolean {
  const version = isIP(address)
  // 4-in-6 addresses are checked as the IPv4 they are
  return version !== 0 && forbidden.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'

  constructor(host: string) {
    super(`Requests to ${host} are not allowed: it is a link-local or metadata address`)
  }
}

/** Resolves a name as it is connected to, so that a second answer of the name server changes nothing. */
export const allowedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '')
    const refused = addresses.find(({ address }) => isForbiddenAddress(address))
    if (refused !== undefined) return callback(new ForbiddenAddress(hostname), '')
    if (options.all === true) return callback(null, addresses)
    const [first] = addresses
    callback(null, first?.address ?? '', first?.family ?? 4)
  })
}

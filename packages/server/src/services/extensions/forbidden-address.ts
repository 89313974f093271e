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

const privately = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  privately.addSubnet(network, prefix, 'ipv4')
const public6 = new BlockList()
public6.addSubnet('2000::', 3, 'ipv6')
// an IPv4 in it
privately.addSubnet('2002::', 16, 'ipv6')

/** Whether a request must not go to an address. */
export type IsForbidden = (address: string) => boolean

/** This machine and its networks are allowed, as with pg_net: that is where a project's own functions are. */
export const isForbiddenAddress: IsForbidden = (address) => {
  const version = isIP(address)
  // 4-in-6 addresses are checked as the IPv4 they are
  return version !== 0 && forbidden.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** Where projects of strangers share a machine: all but the public internet is forbidden. */
export const isNotPublic: IsForbidden = (address) => {
  if (isForbiddenAddress(address)) return true
  if (isIP(address) === 4) return privately.check(address, 'ipv4')
  return privately.check(address, 'ipv6') || !public6.check(address, 'ipv6')
}

export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'

  constructor(host: string, isForbidden: IsForbidden) {
    const what =
      isForbidden === isNotPublic
        ? 'an address outside the public internet'
        : 'a link-local or metadata address'
    super(`Requests to ${host} are not allowed: it is ${what}`)
  }
}

/** Resolves a name as it is connected to, so that a second answer of the name server changes nothing. */
export function lookupAllowed(isForbidden: IsForbidden): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '')
      if (addresses.some(({ address }) => isForbidden(address)))
        return callback(new ForbiddenAddress(hostname, isForbidden), '')
      if (options.all === true) return callback(null, addresses)
      const [first] = addresses
      callback(null, first?.address ?? '', first?.family ?? 4)
    })
  }
}

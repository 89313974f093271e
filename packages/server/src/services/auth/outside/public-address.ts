/** Addresses of the public internet, told from those of this machine and its networks (IANA special-purpose registries). */
import { BlockList, isIP } from 'node:net'

const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4')
}
// what is not assigned to the public internet is outside 2000::/3
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2001::', 23],
] as const) {
  special.addSubnet(network, prefix, 'ipv6')
}

export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !special.check(address, 'ipv4')
  if (version !== 6) return false
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** Why a URL may not be asked; null when it may, as far as its text tells. */
export function findUrlFault(text: string): string | null {
  const url = parse(text)
  if (url === null) return 'Invalid URL format'
  if (url.protocol !== 'https:') return 'URL must use HTTPS'
  if (url.username !== '' || url.password !== '') return 'URL must not contain credentials'
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) {
    return 'URL cannot point to localhost or loopback addresses'
  }
  if (isIP(host) !== 0 && !isPublicAddress(host)) {
    return 'URL cannot point to addresses outside the public internet'
  }
  return null
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

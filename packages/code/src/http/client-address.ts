/** Who asks: the other end of the socket, or whom proxies that are believed say it is. */
import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** `10.0.0.0/8`, `2001:db8::1` */
export function rangesOf(items: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const item of items) {
    const [network = '', prefix] = item.split('/')
    const family = isIP(network)
    if (family === 0) continue
    const most = family === 6 ? 128 : 32
    ranges.addSubnet(network, Number(prefix ?? most), family === 6 ? 'ipv6' : 'ipv4')
  }
  return ranges
}

export function isWithin(ranges: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && ranges.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

export function plainAddress(address: string): string {
  return mapped.exec(address)?.[1] ?? address
}

export function clientAddress(request: IncomingMessage, trusted: BlockList): string {
  let address = plainAddress(request.socket.remoteAddress ?? '')
  const header = request.headers['x-forwarded-for']
  if (header === undefined) return address
  const said = String(header)
    .split(',')
    .map((item) => plainAddress(item.trim()))
  // from the nearest proxy outwards, as long as the one who says it is believed
  while (isWithin(trusted, address)) {
    const next = said.pop()
    if (next === undefined || isIP(next) === 0) break
    address = next
  }
  return address
}

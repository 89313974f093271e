/** Whom a request comes from where proxies stand in front: the one place that believes what they say. */
import { BlockList, isIP } from 'node:net'
import type { Forwarded, HttpHeaders, HttpRequest, RequestBody } from '#base/http'
import { BoundedCache } from '#base/kernel'
import type { Cancellation } from '#base/kernel'
import { parseIpAddress } from '#base/service'

/** Addresses of which it is known whether they are a proxy's. */
const remembered = 1_000

/** What a request came by, the client's end first. */
interface Hops {
  readonly addresses: readonly string[]
  readonly protos: readonly string[]
  readonly hosts: readonly string[]
}

/**
 * The request as the client sent it: `remoteAddress` is the rightmost address that is no proxy of `ranges`. What anybody
 * else says of itself is left unread. `headers` are those the proxies set, for a client's own of the other kind pass
 * through most of them.
 */
export function trustProxies(
  ranges: readonly string[],
  headers: 'x-forwarded' | 'forwarded',
): (request: HttpRequest) => HttpRequest {
  if (ranges.length === 0) return (request) => request
  const trusts = matcher(ranges)
  const readHops = headers === 'forwarded' ? readForwarded : readXForwarded
  return (request) =>
    trusts(request.remoteAddress) ? resolve(request, readHops(request.headers), trusts) : request
}

function resolve(
  request: HttpRequest,
  { addresses, protos, hosts }: Hops,
  trusts: (address: string) => boolean,
): HttpRequest {
  let client = request.remoteAddress
  let depth = 0
  while (depth < addresses.length) {
    const next = parseIpAddress(addresses[addresses.length - 1 - depth] as string)
    if (next === null) break
    client = next
    depth++
    if (!trusts(client)) break
  }
  // a proxy that passes on what the one before it said adds no value of its own
  const atClient = (values: readonly string[]): string =>
    (values.at(-Math.max(1, depth)) ?? values.at(-1) ?? '').trim()
  return new ForwardedRequest(request, client, {
    proto: readProto(atClient(protos)),
    host: readHost(atClient(hosts)),
  })
}

function readProto(text: string): 'http' | 'https' | null {
  const proto = text.toLowerCase()
  return proto === 'http' || proto === 'https' ? proto : null
}

function readHost(text: string): string | null {
  return /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i.test(text) ? text : null
}

function readXForwarded(headers: HttpHeaders): Hops {
  const split = (name: string): string[] => headers[name]?.split(',') ?? []
  return {
    addresses: split('x-forwarded-for'),
    protos: split('x-forwarded-proto'),
    hosts: split('x-forwarded-host'),
  }
}

/** `for="[2001:db8::1]:4711";proto=https, for=10.0.0.1` */
function readForwarded(headers: HttpHeaders): Hops {
  const elements = splitOutsideQuotes(headers['forwarded'] ?? '', ',')
  const read = (name: string): string[] => elements.map((element) => parameterOf(element, name))
  return { addresses: read('for'), protos: read('proto'), hosts: read('host') }
}

function parameterOf(element: string, name: string): string {
  for (const pair of splitOutsideQuotes(element, ';')) {
    const at = pair.indexOf('=')
    if (pair.slice(0, Math.max(0, at)).trim().toLowerCase() !== name) continue
    return pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return ''
}

/** None of what has a quote that does not end: what a client left open would swallow what a proxy added. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted
    else if (quoted && text[i] === '\\') i++
    else if (!quoted && text[i] === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return quoted ? [] : [...parts, text.slice(start)]
}

function matcher(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = familyOf(address)
    list.addSubnet(
      address,
      bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits),
      family,
    )
  }
  const known = new BoundedCache<string, boolean>(remembered)
  return (given) => {
    const before = known.get(given)
    if (before !== undefined) return before
    const address = unmapped(given)
    const isTrusted = isIP(address) !== 0 && list.check(address, familyOf(address))
    known.set(given, isTrusted)
    return isTrusted
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/** `::ffff:10.0.0.1`, IPv4 on a socket that takes both, → `10.0.0.1` */
export function unmapped(address: string): string {
  return /^::ffff:\d+\./i.test(address) ? address.slice('::ffff:'.length) : address
}

/** Body and cancellation are delegated: they may be made only when asked for. */
class ForwardedRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
  readonly remoteAddress: string
  readonly forwarded: Forwarded
  readonly #outer: HttpRequest

  constructor(outer: HttpRequest, remoteAddress: string, forwarded: Forwarded) {
    this.method = outer.method
    this.path = outer.path
    this.query = outer.query
    this.headers = outer.headers
    this.remoteAddress = remoteAddress
    this.forwarded = forwarded
    this.#outer = outer
  }

  get cancellation(): Cancellation {
    return this.#outer.cancellation
  }

  get body(): RequestBody {
    return this.#outer.body
  }
}

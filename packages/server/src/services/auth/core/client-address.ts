/**
 * Who asks, as an address. Rate limits, sessions, challenges, hooks and captchas all ask here: no header is believed but
 * the one the operator named.
 */
import { isIP } from 'node:net'
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'

/**
 * The peer of the connection, or who the proxy in front says it is, in the header `auth.rate_limit.header`. Of several
 * values the last counts: the proxy adds it behind whatever the client made up. What is no address is not believed.
 * Null for calls inside the process.
 */
export function clientAddress(config: Config, request: HttpRequest): string | null {
  const name = config['auth.rate_limit.header']
  const named = name === null ? undefined : request.headers[name.toLowerCase()]
  return addressOf(named?.split(',').at(-1) ?? '') ?? addressOf(request.remoteAddress)
}

/** `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `fe80::1%eth0` → the address; null for anything else. */
function addressOf(text: string): string | null {
  const bare = /^\s*\[?([0-9a-f:.]+?)(?:%[\w.-]+)?(?:\]|\](?::\d+)|(?<=\.\d+):\d+)?\s*$/i.exec(text)
  const address = bare?.[1] ?? ''
  return isIP(address) === 0 ? null : address
}

const loopback = /^(?:::ffff:)?127\.|^::1$/
/** What proxies add; one of them on a connection from this machine means that somebody else is behind it. */
const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
]

/** A program on this machine asks, and nobody through it. */
export function isOfThisMachine(config: Config, { headers, remoteAddress }: HttpRequest): boolean {
  return (
    config['auth.rate_limit.header'] === null &&
    loopback.test(remoteAddress) &&
    forwardingHeaders.every((name) => headers[name] === undefined)
  )
}

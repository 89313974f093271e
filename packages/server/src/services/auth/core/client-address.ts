/**
 * Who asks, as an address. Rate limits, sessions, challenges, hooks and captchas all ask here: no header is believed but
 * the one the operator named.
 */
import type { Config } from '#base/config'
import { isForwarded } from '#base/http'
import type { HttpRequest } from '#base/http'
import { parseIpAddress } from '#base/service'

/**
 * The client as the gateway knows it (`basalt.trusted_proxies`), or who the proxy in front says it is, in the header
 * `auth.rate_limit.header`. Of several
 * values the last counts: the proxy adds it behind whatever the client made up. What is no address is not believed.
 * Null for calls inside the process.
 */
export function clientAddress(config: Config, request: HttpRequest): string | null {
  const name = config['auth.rate_limit.header']
  const named = name === null ? undefined : request.headers[name.toLowerCase()]
  return parseIpAddress(named?.split(',').at(-1) ?? '') ?? parseIpAddress(request.remoteAddress)
}

const loopback = /^(?:::ffff:)?127\.|^::1$/

/** A program on this machine asks, and nobody through it. */
export function isOfThisMachine(config: Config, request: HttpRequest): boolean {
  return (
    config['auth.rate_limit.header'] === null &&
    loopback.test(request.remoteAddress) &&
    !isForwarded(request)
  )
}

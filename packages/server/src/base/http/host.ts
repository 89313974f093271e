/** Which host a request was sent to: a page of another site cannot name this machine. */
import { textResponse } from './message.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

const loopbackName = /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const loopbackAddress = /^(?:::ffff:)?127\.|^::1$/

/** `Host` names this machine by a name that no other site's DNS can give away. */
export function namesLoopback({ headers }: HttpRequest): boolean {
  return loopbackName.test(headers['host'] ?? '')
}

/** An address of this machine alone: `127.0.0.1`, `::1`, `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || loopbackAddress.test(host.replace(/^\[|\]$/g, ''))
}

/** What proxies add: one of them means that somebody else is behind the connection. */
const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
]

export function isForwardingHeader(name: string): boolean {
  return forwardingHeaders.includes(name)
}

/** It came through a proxy, trusted or not; whoever claims so is not believed to be who is at the other end. */
export function isForwarded({ headers, forwarded }: HttpRequest): boolean {
  if (forwarded !== undefined && forwarded !== null) return true
  return forwardingHeaders.some((name) => headers[name] !== undefined)
}

/** A program of this machine asks, and nobody through it; also a call inside the process. */
export function isFromThisMachine(request: HttpRequest): boolean {
  const { remoteAddress } = request
  if (isForwarded(request)) return false
  return remoteAddress === '' || (loopbackAddress.test(remoteAddress) && namesLoopback(request))
}

/** Answers what was sent to another name than this machine's, so that no page of another site gets here by its own DNS. */
export function loopbackOnly(
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): (request: HttpRequest) => Promise<HttpResponse> {
  return (request) =>
    namesLoopback(request)
      ? handle(request)
      : Promise.resolve(
          textResponse(421, 'This server is reached as localhost or 127.0.0.1 only.\n'),
        )
}

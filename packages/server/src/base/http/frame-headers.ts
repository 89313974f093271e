/**
 * What of a response is ours to say, whoever else said something: how the message is framed, which status it may have, and
 * which bytes a header may hold. Both writers send what comes from here.
 */
import type { HttpResponse } from './message.ts'

/** How the connection and the body are read: not for SQL or another server to say (RFC 9110 section 7.6.1). */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const unfit = /[^\t\x20-\x7e]/
// oxlint-disable-next-line no-control-regex -- the control characters are the point
const control = /[\x00-\x08\x0a-\x1f\x7f]/g
const encoder = new TextEncoder()
/** Names found to be fit: few, and the same in each response. Those that SQL invents are looked at each time. */
const fitNames = new Set<string>()
const maxFitNames = 200

/** A status that ends a message: 1xx would announce another. */
export function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599
}

/** A status whose message has no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/**
 * The headers without what is not theirs to say, each value as the characters whose codes are its bytes: UTF-8, in
 * `location` percent-encoded as Go's `http.Redirect` does. Mostly they are that already, and stay the same object.
 */
export function frameHeaders(headers: HttpResponse['headers']): HttpResponse['headers'] {
  for (const name in headers)
    if (!(fitNames.has(name) || admitName(name)) || !isFit(headers[name] as string | string[]))
      return framed(headers)
  return headers
}

function isFit(value: string | string[]): boolean {
  return typeof value === 'string' ? !unfit.test(value) : !value.some((one) => unfit.test(one))
}

function framed(headers: HttpResponse['headers']): HttpResponse['headers'] {
  const fit: HttpResponse['headers'] = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!admitName(name)) continue
    fit[name] =
      typeof value === 'string' ? fitValue(name, value) : value.map((one) => fitValue(name, one))
  }
  return fit
}

function admitName(name: string): boolean {
  if (framing.has(name.toLowerCase()) || !token.test(name)) return false
  if (fitNames.size < maxFitNames) fitNames.add(name)
  return true
}

function fitValue(name: string, value: string): string {
  const isLocation = name === 'location'
  let text = ''
  for (const byte of encoder.encode(value.replace(control, ' ')))
    text +=
      byte < 0x80 || !isLocation ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`
  return text
}

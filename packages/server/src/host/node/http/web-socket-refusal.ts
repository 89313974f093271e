/** A handshake refused: a whole HTTP/1.1 response as bytes, after which the connection ends. */
import { STATUS_CODES } from 'node:http'
import { concatBytes } from '#base/http'
import type { HttpResponse } from '#base/http'

const utf8 = new TextEncoder()
const unsafe = /[\r\n]/g

/** Bodies of refusals are small: one that streams is left out. */
export function responseHead({ status, headers, body }: HttpResponse): Uint8Array {
  const content =
    typeof body === 'string' ? utf8.encode(body) : body instanceof Uint8Array ? body : null
  const bytes = content ?? new Uint8Array()
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`]
  for (const [name, value] of Object.entries(headers))
    for (const each of [value].flat()) lines.push(`${name}: ${each.replaceAll(unsafe, ' ')}`)
  lines.push(`content-length: ${bytes.length}`, 'connection: close', '', '')
  const head = utf8.encode(lines.join('\r\n'))
  return concatBytes([head, bytes], head.length + bytes.length)
}

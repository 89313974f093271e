/** The head of a response as text, whose characters are its bytes. */
import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from '#base/http'

/** Status line and headers (as `frameHeaders` left them) with `date`, up to and without the empty line. */
export function responseHead(status: number, headers: HttpResponse['headers']): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (const name in headers) {
    const value = headers[name] as string | string[]
    if (typeof value === 'string') text += `${name}: ${value}\r\n`
    else for (const one of value) text += `${name}: ${one}\r\n`
  }
  return headers['date'] === undefined ? `${text}date: ${date()}\r\n` : text
}

let dateSecond = 0
let dateText = ''

/** Of this second: making the text takes longer than the rest of the head. */
function date(): string {
  const nowMs = Date.now()
  const second = Math.floor(nowMs / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(nowMs).toUTCString()
  }
  return dateText
}

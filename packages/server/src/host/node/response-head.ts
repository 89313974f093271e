/** The head of a response as text, whose characters are its bytes. */
import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from '#base/http'

const unfitForValue = /[^\t\x20-\x7e\x80-\xff]/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** How the connection is used is for us to say. */
const ours = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer'])
/** Names found to be tokens: few, and the same in each response. Those that SQL invents are looked at each time. */
const tokens = new Set<string>()
const maxTokens = 200

/** Status line and headers with `date`, up to and without the empty line. Throws on what no header may hold. */
export function responseHead(status: number, headers: HttpResponse['headers']): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (const name in headers) {
    if (!tokens.has(name)) checkName(name)
    if (ours.has(name)) continue
    const value = headers[name] as string | string[]
    if (typeof value === 'string') text += fieldLine(name, value)
    else for (const one of value) text += fieldLine(name, one)
  }
  return headers['date'] === undefined ? `${text}date: ${date()}\r\n` : text
}

function fieldLine(name: string, value: string): string {
  if (unfitForValue.test(value))
    throw new TypeError(`The value of header ${name} holds a character that no header may hold`)
  return `${name}: ${value}\r\n`
}

function checkName(name: string): void {
  if (!token.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header`)
  if (tokens.size < maxTokens) tokens.add(name)
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

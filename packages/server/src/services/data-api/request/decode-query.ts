/** Percent-decoding and splitting of a query string or a urlencoded form. */
import { requestErrors } from './errors.ts'

export interface QueryPair {
  readonly name: string
  /** Null when there was no `=`. */
  readonly value: string | null
}

/** For bodies, which may begin with a byte order mark. */
const strict = new TextDecoder('utf-8', { fatal: true })
/** For parts of a URL, where U+FEFF is a character like any other. */
const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// oxlint-disable-next-line no-control-regex -- the control characters are the point: bytes that are themselves
const asItIs = /^[\x00-\x24\x26-\x2a\x2c-\x7f]*$/

/** `decodeQuery('a=1%202&b')` → `[{ name: 'a', value: '1 2' }, { name: 'b', value: null }]`. `;` separates as `&` does. */
export function decodeQuery(query: string): QueryPair[] {
  if (query === '') return []
  const pairs: QueryPair[] = []
  // most queries need no decoding at all, and one look at the whole is cheaper than one at each part
  const decode = asItIs.test(query) ? same : decodeComponent
  for (const part of query.includes(';') ? query.split(/[&;]/) : query.split('&'))
    if (part !== '') pairs.push(toPair(part, decode))
  return pairs
}

/** The same one by one, for a form whose reader may stop. */
export function* readQuery(text: string): Generator<QueryPair> {
  const separator = text.includes(';') ? /[&;]/g : /&/g
  for (let at = 0; at < text.length;) {
    separator.lastIndex = at
    const end = separator.exec(text)?.index ?? text.length
    if (end > at) yield toPair(text.slice(at, end), decodeComponent)
    at = end + 1
  }
}

function toPair(part: string, decode: (text: string) => string): QueryPair {
  const equals = part.indexOf('=')
  if (equals === -1) return { name: decode(part), value: null }
  return { name: decode(part.slice(0, equals)), value: decode(part.slice(equals + 1)) }
}

const same = (text: string): string => text

/** `decodeComponent('a%20b+c')` → `'a b c'`. An incomplete `%` is itself; bytes that are not UTF-8 are an error. */
export function decodeComponent(text: string, plusIsBlank = true): string {
  if (asItIs.test(text)) return text
  const bytes = new Uint8Array(text.length * 2)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const escaped = code === 0x25 ? hexByte(text, at + 1) : -1
    if (escaped >= 0) {
      bytes[length++] = escaped
      at += 2
    } else if (code === 0x2b && plusIsBlank) bytes[length++] = 0x20
    else if (code <= 0xff) bytes[length++] = code
    // not a byte: the caller's string was already decoded (in process), so it is put back into bytes
    else
      return decodeComponent(
        encodeURI(text.replaceAll('%', '%25')).replaceAll('%2525', '%'),
        plusIsBlank,
      )
  }
  return decodeUtf8(bytes.subarray(0, length), exact)
}

/** Strict UTF-8; anything else is what Postgres would say of it. */
export function decodeUtf8(bytes: Uint8Array, decoder: typeof strict = strict): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw requestErrors['22021']({ bytes: firstInvalid(bytes) }, cause)
  }
}

function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** The first byte that cannot be part of UTF-8 text, as Postgres writes it. Found by halves: a body may have millions. */
function firstInvalid(bytes: Uint8Array): string {
  let [valid, invalid] = [0, bytes.length + 1]
  while (invalid - valid > 1) {
    const end = (valid + invalid) >>> 1
    if (canGoOn(bytes.subarray(0, end))) valid = end
    else invalid = end
  }
  return `0x${(bytes[valid] ?? bytes.at(-1) ?? 0).toString(16).padStart(2, '0')}`
}

/** Whether it is UTF-8, or the beginning of it. */
function canGoOn(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** A record's value as text: its expiry, then a mark of its type, then itself. */
import { failure, show } from '#kernel'

/** A number, a text, binary, or anything JSON holds. */
export type SeriesValue = number | string | boolean | null | Uint8Array | object

export interface WriteRecord {
  key: string
  /** Milliseconds since 1970. */
  at: number
  value: SeriesValue
  /** Milliseconds since 1970; wins over `ttlMs`. */
  expiresAt?: number
}

export interface StoredValue {
  value: SeriesValue
  /** Milliseconds since 1970; Infinity is never. */
  expiresAt: number
}

export function encodeValue(value: SeriesValue, expiresAt: number): string {
  const head = expiresAt === Number.POSITIVE_INFINITY ? '' : Math.floor(expiresAt).toString(36)
  return `${head} ${encodeBody(value)}`
}

function encodeBody(value: SeriesValue): string {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return `n${value}`
    throw failure('invalid_record', { problem: `a value is ${value}; numbers must be finite` })
  }
  if (typeof value === 'string') return `s${value}`
  if (value instanceof Uint8Array) return `b${btoa(String.fromCharCode(...value))}`
  const json = JSON.stringify(value) as string | undefined
  if (json === undefined)
    throw failure('invalid_record', {
      problem: `a value is ${show(value)}, which JSON cannot hold`,
    })
  return `j${json}`
}

export function decodeValue(text: string): StoredValue {
  const space = text.indexOf(' ')
  const expiresAt =
    space === 0 ? Number.POSITIVE_INFINITY : Number.parseInt(text.slice(0, space), 36)
  return { value: decodeBody(text.charAt(space + 1), text.slice(space + 2)), expiresAt }
}

function decodeBody(mark: string, body: string): SeriesValue {
  switch (mark) {
    case 'n':
      return Number(body)
    case 's':
      return body
    case 'b':
      return Uint8Array.from(atob(body), (char) => char.charCodeAt(0))
    default:
      return JSON.parse(body) as SeriesValue
  }
}

/** What of a value fits into a cell. The value itself stays the text that Postgres printed. */
import type { CellKind } from './column.ts'

/** Line breaks, and characters that cannot be seen or turn the text around, as marks. */
// oxlint-disable-next-line no-control-regex
const hidden = /[\u0000-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
const marks: Readonly<Record<string, string>> = { '\n': '↵', '\r': '␍', '\t': '⇥' }

const maxShown = 240

export function shownText(value: string, kind: CellKind, inUtc: boolean): string {
  switch (kind) {
    case 'timestamptz':
      return shownTime(value, inUtc)
    case 'uuid':
      return value.length > 20 ? `${value.slice(0, 8)}…${value.slice(-6)}` : visible(value)
    case 'bool':
      return value === 't' || value === 'true' ? 'true' : 'false'
    case 'array':
      return shownArray(value)
    default:
      return visible(value)
  }
}

function visible(value: string): string {
  const text = value.length > maxShown ? `${value.slice(0, maxShown)}…` : value
  return text.replace(hidden, (character) => marks[character] ?? '␣')
}

/** `2026-11-29 15:04:05.123456+00`; what is no point in time (`infinity`, BC) stays as it is. */
export function shownTime(value: string, inUtc: boolean): string {
  const found =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::?\d\d)?(?::?\d\d)?|Z)?$/.exec(value)
  if (found === null) return value
  const [, day, time, fraction = '', zone = '+00'] = found
  const padded = zone === 'Z' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone
  const at = new Date(`${day}T${time}${padded}`)
  if (Number.isNaN(at.getTime())) return value
  if (inUtc) return `${at.toISOString().slice(0, 19).replace('T', ' ')}${fraction}+00`
  const two = (part: number): string => String(part).padStart(2, '0')
  const offset = -at.getTimezoneOffset()
  const sign = offset < 0 ? '-' : '+'
  const hours = two(Math.floor(Math.abs(offset) / 60))
  const minutes = Math.abs(offset) % 60
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${fraction}${sign}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`
}

function shownArray(value: string): string {
  const items = parseArray(value)
  if (items === null) return visible(value)
  const shown = items.slice(0, 5).map((item) => (item === null ? 'NULL' : visible(item)))
  return `{${shown.join(', ')}${items.length > 5 ? `, +${items.length - 5}` : ''}}`
}

/** One dimension of Postgres' `{a,"b c",NULL}`; null where there are several, or it is none. */
export function parseArray(text: string): (string | null)[] | null {
  if (!text.startsWith('{') || !text.endsWith('}') || text.startsWith('{{')) return null
  if (text === '{}') return []
  const items: (string | null)[] = []
  let at = 1
  const end = text.length - 1
  while (at <= end) {
    if (text[at] === '"') {
      let item = ''
      at++
      while (at < end && text[at] !== '"') {
        if (text[at] === '\\') at++
        item += text[at] ?? ''
        at++
      }
      if (text[at] !== '"') return null
      at++
      items.push(item)
    } else {
      let stop = at
      while (stop < end && text[stop] !== ',') stop++
      const item = text.slice(at, stop)
      if (item === '' || item.includes('{')) return null
      items.push(item === 'NULL' ? null : item)
      at = stop
    }
    if (at === end) return items
    if (text[at] !== ',') return null
    at++
  }
  return null
}

/** The other way; everything that could be misread is quoted. */
export const printArray = (items: readonly (string | null)[]): string =>
  `{${items.map((item) => (item === null ? 'NULL' : `"${item.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`

/** A value as Postgres prints it → the JSON text that `to_jsonb` makes of it, for the types where that is known for certain. */

export interface ValueType {
  readonly oid: number
  /** As in `columns`: `int4`, `_text`. */
  readonly name: string
  /** b base, c composite, d domain, e enum, m multirange, p pseudo, r range */
  readonly kind: string
  /** Of a domain, what it stands on. */
  readonly base: number
  /** Of an array, of what. */
  readonly element: ValueType | null
}

type Print = (text: string) => string

const asString: Print = (text) => JSON.stringify(text)
const asNumber: Print = (text) => (/^-?[\d.]+(e[+-]?\d+)?$/i.test(text) ? text : asString(text))
const asIs: Print = (text) => text

/** `2026-01-01 00:00:00.5+00` → `"2026-01-01T00:00:00.5+00:00"` */
const asTimestamp: Print = (text) =>
  asString(text.replace(' ', 'T').replace(/([+-]\d\d)(?= BC$|$)/, '$1:00'))
const asZoneless: Print = (text) => asString(text.replace(' ', 'T'))

const printers: Readonly<Record<number, Print>> = {
  16: (text) => (text === 't' ? 'true' : 'false'), // bool
  17: (text) => asString(text.replace(/^\\x/, '')), // bytea
  20: asNumber, // int8
  21: asNumber, // int2
  23: asNumber, // int4
  700: asNumber, // float4
  701: asNumber, // float8
  1700: asNumber, // numeric
  114: asIs, // json
  3802: asIs, // jsonb
  1114: asZoneless, // timestamp
  1184: asTimestamp, // timestamptz
}

/** What `to_jsonb` prints as text. */
const strings = new Set([
  18, 19, 25, 26, 142, 650, 718, 600, 601, 602, 603, 604, 628, 774, 790, 829, 869, 1042, 1043, 1082,
  1083, 1186, 1266, 1560, 1562, 2205, 2206, 2950, 3220, 3614, 3615,
])

/** Null where Postgres has to be asked: composites, domains over domains, types of extensions. */
export function printerOf(type: ValueType): Print | null {
  if (type.element !== null) {
    // boxes are separated by semicolons
    const element = type.element.oid === 603 ? null : printerOf(type.element)
    return element === null ? null : (text) => printArray(text, element)
  }
  if (type.kind === 'e' || type.kind === 'r' || type.kind === 'm') return asString
  const oid = type.kind === 'd' ? type.base : type.oid
  return printers[oid] ?? (strings.has(oid) ? asString : null)
}

/** `{1,NULL,"a b"}` → `[1,null,"a b"]`; bounds that do not begin at 1 (`[0:1]={…}`) are left out, as by `to_jsonb`. */
function printArray(text: string, element: Print): string {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  const list = (): string => {
    const items: string[] = []
    at++
    while (at < text.length && text[at] !== '}') {
      if (text[at] === '{') items.push(list())
      else items.push(item())
      if (text[at] === ',') at++
    }
    at++
    return `[${items.join(',')}]`
  }
  const item = (): string => {
    if (text[at] === '"') {
      let value = ''
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') at++
        value += text[at] ?? ''
      }
      at++
      return element(value)
    }
    const start = at
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at++
    const value = text.slice(start, at)
    return value === 'NULL' ? 'null' : element(value)
  }
  return list()
}

/** XML out of plain values. */

export type XmlValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | XmlObject
  | readonly XmlObject[]
export interface XmlObject {
  readonly [name: string]: XmlValue
}

/** `{ A: { B: [{ C: 1 }, { C: 2 }] } }` → `<A><B><C>1</C></B><B><C>2</C></B></A>`; null leaves an element out. */
export function toXml(root: XmlObject): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${elements(root)}`
}

function elements(object: XmlObject): string {
  return Object.entries(object)
    .map(([name, value]) => element(name, value))
    .join('')
}

function element(name: string, value: XmlValue): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map((one: XmlObject) => element(name, one)).join('')
  const [bare = name] = name.split(' ')
  if (typeof value === 'object') return `<${name}>${elements(value as XmlObject)}</${bare}>`
  return `<${name}>${escape(String(value))}</${bare}>`
}

function escape(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // oxlint-disable-next-line no-control-regex -- what XML cannot hold as it is
      .replace(/[\x00-\x1f\x7f]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`)
  )
}

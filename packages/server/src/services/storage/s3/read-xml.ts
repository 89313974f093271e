/**
 * The two documents that come in, a list of elements that have texts: `<Delete><Object><Key>a</Key></Object></Delete>`. A
 * scanner of our own, for a general parser holds the event loop for 200 to 600 ms over 2 MB.
 */
import { s3Errors } from './errors.ts'

export interface XmlList {
  /** Texts right below the root: `{ Quiet: 'true' }`. */
  readonly texts: Readonly<Record<string, string>>
  readonly items: readonly Readonly<Record<string, string>>[]
}

const maxTextLength = 8_192
/** Tags, comments and the like, besides those of the items. */
const maxOthers = 1_000
const perItem = 20
const tag = /^(\/?)(?:[\w.-]+:)?([\w.-]+)(?:\s[^<]*)?$/
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** Which elements the list may have, and how many of them. */
export interface XmlShape {
  readonly root: string
  readonly item: string
  readonly maxItems: number
}

/** @throws MalformedXML for what is not such a document, or has more. No DTD, no entities of its own. */
export function readXml(bytes: Uint8Array, shape: XmlShape): XmlList {
  return new Scanner(new TextDecoder().decode(bytes), shape).read()
}

class Scanner {
  readonly #text: string
  readonly #shape: XmlShape
  readonly #open: string[] = []
  readonly #texts: Record<string, string> = {}
  readonly #items: Record<string, string>[] = []
  #at = 0
  #value = ''

  constructor(text: string, shape: XmlShape) {
    this.#text = text.replace(/^\uFEFF/, '')
    this.#shape = shape
  }

  read(): XmlList {
    let isEnded = false
    const most = maxOthers + this.#shape.maxItems * perItem
    for (let i = 0; !isEnded; i++) {
      if (i > most) throw s3Errors.MalformedXML()
      this.#readText()
      if (this.#skip('<?', '?>') || this.#skip('<!--', '-->')) continue
      this.#readTag()
      isEnded = this.#open.length === 0
    }
    return { texts: this.#texts, items: this.#items }
  }

  #readText(): void {
    const end = this.#text.indexOf('<', this.#at)
    if (end === -1 || end - this.#at > maxTextLength) throw s3Errors.MalformedXML()
    this.#value += decodeText(this.#text.slice(this.#at, end))
    this.#at = end
  }

  #skip(begin: string, end: string): boolean {
    if (!this.#text.startsWith(begin, this.#at)) return false
    const at = this.#text.indexOf(end, this.#at + begin.length)
    if (at === -1) throw s3Errors.MalformedXML()
    this.#at = at + end.length
    return true
  }

  #readTag(): void {
    const end = this.#text.indexOf('>', this.#at)
    if (end === -1 || end - this.#at > maxTextLength) throw s3Errors.MalformedXML()
    const isEmpty = this.#text[end - 1] === '/'
    const inside = this.#text.slice(this.#at + 1, isEmpty ? end - 1 : end)
    this.#at = end + 1
    const [, slash, name] = tag.exec(inside) ?? []
    if (name === undefined) throw s3Errors.MalformedXML()
    if (slash === '') this.#begin(name)
    if (slash !== '' || isEmpty) this.#end(name)
    this.#value = ''
  }

  #begin(name: string): void {
    const { root, item, maxItems } = this.#shape
    const depth = this.#open.push(name)
    if (depth > 3 || (depth === 1 && name !== root) || (depth === 3 && this.#open[1] !== item))
      throw s3Errors.MalformedXML()
    if (depth === 2 && name === item && this.#items.push({}) > maxItems)
      throw s3Errors.MalformedXML()
  }

  #end(name: string): void {
    const depth = this.#open.length
    if (this.#open.pop() !== name) throw s3Errors.MalformedXML()
    if (depth === 3) set(this.#items.at(-1) as Record<string, string>, name, this.#value)
    else if (depth === 2 && name !== this.#shape.item) set(this.#texts, name, this.#value)
  }
}

/** `__proto__` is a name like any. */
function set(object: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true })
}

function decodeText(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{1,8}));/gi, (_, hex, decimal, name) => {
    if (name !== undefined) {
      const known = Object.hasOwn(entities, name) ? entities[name] : undefined
      if (known === undefined) throw s3Errors.MalformedXML()
      return known
    }
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (code > 0x10ffff) throw s3Errors.MalformedXML()
    return String.fromCodePoint(code)
  })
}

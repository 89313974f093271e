/**
 * A cursor over one query parameter's text, with errors worded as PostgREST's:
 * `"failed to parse order (id.x)" (line 1, column 3)`, `unexpected "." expecting …`.
 */
import { requestErrors } from './errors.ts'

const identifierChars = /[\p{L}0-9_ $]+(?:-(?!>)[\p{L}0-9_ $]+)*/uy
const castChars = /[\p{L}0-9_ $]+/uy

export const fieldNameExpected = 'field name (* or [a..z0..9_$])'

export class Scanner {
  readonly text: string
  at = 0
  /** How many brackets the parser is in. */
  level = 0
  readonly #what: string
  readonly #shown: string

  /** `what` completes "failed to parse …": `order`; `shown` is the parameter as the caller wrote it. */
  constructor(text: string, what: string, shown: string = text) {
    this.text = text
    this.#what = what
    this.#shown = shown
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  peek(): string {
    return this.text[this.at] ?? ''
  }

  startsWith(token: string): boolean {
    return this.text.startsWith(token, this.at)
  }

  /** Steps over `token` if it is next. */
  take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  expect(token: string): void {
    if (!this.take(token)) this.fail(JSON.stringify(token))
  }

  skipBlanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++
  }

  /** Everything up to the first of `stops` or the end. */
  until(stops: string): string {
    const start = this.at
    while (this.at < this.text.length && !stops.includes(this.text[this.at] as string)) this.at++
    return this.text.slice(start, this.at)
  }

  /** A name, quoted or made of letters, digits, `_`, `$`, blanks and inner dashes; null if none is next. */
  name(): string | null {
    if (this.peek() === '"') return this.quoted()
    const found = this.#match(identifierChars)
    if (found === null) return null
    if (!found.includes(' ')) return found
    return found
      .split('-')
      .map((part) => part.trim())
      .join('-')
  }

  requireName(expected: string = fieldNameExpected): string {
    return this.name() ?? this.fail(expected)
  }

  /** The type behind `::`, or null if no cast is next. */
  cast(): string | null {
    if (!this.take('::')) return null
    return this.#match(castChars)?.trim() ?? this.fail('letter, digit or "_"')
  }

  /** A `"…"` with backslash escapes. */
  quoted(): string {
    this.at++
    let value = ''
    for (;;) {
      const next = this.text[this.at]
      if (next === undefined) return this.fail('"\\"", "\\\\" or end of quoted value')
      this.at++
      if (next === '"') return value
      if (next === '\\') value += this.text[this.at++] ?? ''
      else value += next
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (match === null) return null
    this.at += match[0].length
    return match[0]
  }

  /** Gives up at the cursor. */
  fail(expected: string, quote: '"' | "'" = '"'): never {
    const next = this.text[this.at]
    const unexpected =
      next === undefined ? 'end of input' : `${quote}${next === '"' ? '\\"' : next}${quote}`
    throw requestErrors.PGRST100({
      message: `"failed to parse ${this.#what} (${this.#shown})" (line 1, column ${this.at + 1})`,
      details: `unexpected ${unexpected} expecting ${expected}`,
    })
  }
}

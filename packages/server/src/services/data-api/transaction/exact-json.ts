/** JSON whose numbers stay as they were written: a bigint id that passes from step to step must not be rounded. */
import { parseJson } from '#base/kernel'

/** A number that a double cannot say. */
export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Long integers, and fractions and exponents, which may be written in more than one way. */
const mayLose = /\d{16}|\d[.eE][-+\d]/
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

export class ExactJson {
  readonly #mark: string
  readonly #marked: RegExp

  /** `nonce` must be unguessable: in between, numbers are strings that begin with it. Letters, digits and dashes. */
  constructor(nonce: string) {
    this.#mark = nonce
    this.#marked = new RegExp(`"${nonce}(-?[-+.eE0-9]+)"`, 'g')
  }

  /** `parse('[1, 12345678901234567890]')` → `[1, ExactNumber('12345678901234567890')]`. @throws SyntaxError, as `parseJson` does. */
  parse(text: string): unknown {
    const value = parseJson(text)
    if (!mayLose.test(text)) return value
    // the text is JSON, so that a quote always has its partner and the pattern runs in linear time
    const marked = text.replace(stringOrNumber, (token) =>
      token.startsWith('"') || String(Number(token)) === token ? token : `"${this.#mark}${token}"`,
    )
    return JSON.parse(marked, (_, part: unknown) =>
      typeof part === 'string' && part.startsWith(this.#mark)
        ? new ExactNumber(part.slice(this.#mark.length))
        : part,
    ) as unknown
  }

  write(value: unknown): string {
    let exact = false
    const text = JSON.stringify(value, (_, part: unknown) => {
      if (!(part instanceof ExactNumber)) return part
      exact = true
      return this.#mark + part.text
    })
    return exact ? text.replace(this.#marked, '$1') : text
  }
}

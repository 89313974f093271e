/**
 * Files of a job that are the same are parsed once, where both are of one language: of `node_modules` an eighth. What one gave is
 * kept until the last of them has it.
 */
import type { Language, Parsed } from '#parse'
import type { TreeFile } from '#git'
import { languageOf } from '#parse'

/** Of the texts of what is kept; what is found in one is about as large. */
const maxKept = 16_777_216

type Parse = (language: Language, text: string) => Promise<Parsed | null>

export class ParseOnce {
  readonly #parse: Parse
  /** Files that are to come, by what is in them. */
  readonly #left = new Map<string, number>()
  readonly #kept = new Map<string, { readonly parsed: Promise<Parsed | null>; length: number }>()
  #length = 0

  constructor(parse: Parse, files: readonly TreeFile[]) {
    this.#parse = parse
    for (const { path, hash } of files) {
      const key = keyOf(languageOf(path), hash)
      this.#left.set(key, (this.#left.get(key) ?? 0) + 1)
    }
  }

  /** @throws ParseError, for each of the files */
  parse(language: Language, hash: string, text: string): Promise<Parsed | null> {
    const key = keyOf(language, hash)
    const left = (this.#left.get(key) ?? 1) - 1
    this.#left.set(key, left)
    const kept = this.#kept.get(key)
    const parsed = kept?.parsed ?? this.#parse(language, text)
    if (left === 0) this.#forget(key)
    else if (kept === undefined && this.#length + text.length <= maxKept) {
      this.#kept.set(key, { parsed, length: text.length })
      this.#length += text.length
    }
    return parsed
  }

  #forget(key: string): void {
    this.#length -= this.#kept.get(key)?.length ?? 0
    this.#kept.delete(key)
  }
}

function keyOf(language: Language | null, hash: string): string {
  return `${language?.name ?? ''} ${hash}`
}

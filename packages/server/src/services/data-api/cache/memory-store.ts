/** Answers in memory, bounded by their bytes; the least recently used go first. */
import type { Entry } from './entry.ts'

/** Of an entry besides its body and texts. */
const overheadBytes = 500

export class MemoryStore {
  readonly #entries = new Map<string, Entry>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Entry | null {
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set(key: string, entry: Entry): void {
    this.delete(key)
    const bytes = sizeOf(key, entry)
    if (bytes > this.#maxBytes) return
    this.#entries.set(key, entry)
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, entry)
  }
}

function sizeOf(key: string, { body, headerBytes }: Entry): number {
  return key.length * 2 + body.length + headerBytes * 2 + overheadBytes
}

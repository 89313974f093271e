/** What was transformed, as long as there is room: by the version of the object, so that none is ever stale. */
import type { Rendered } from './transform-image.ts'

export class RenderedCache {
  readonly #maxBytes: number
  readonly #kept = new Map<string, Rendered>()
  readonly #making = new Map<string, Promise<Rendered>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** One transformation for all who ask for it at the same time. */
  async get(key: string, make: () => Promise<Rendered>): Promise<Rendered> {
    const known = this.#kept.get(key)
    if (known !== undefined) {
      // the last one used is the last one to go
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known
    }
    let making = this.#making.get(key)
    if (making === undefined) {
      making = make().finally(() => this.#making.delete(key))
      this.#making.set(key, making)
      void making.then((rendered) => this.#keep(key, rendered)).catch(() => {})
    }
    return making
  }

  #keep(key: string, rendered: Rendered): void {
    const { length } = rendered.bytes
    if (length > this.#maxBytes / 4) return
    this.#kept.set(key, rendered)
    this.#bytes += length
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return
      this.#kept.delete(oldest)
      this.#bytes -= bytes.length
    }
  }
}

/** Cuts a stream of chunks into parts of one size. Pure. */
import { concatBytes } from '#base/http'

export class PartCutter {
  readonly #partBytes: number
  #chunks: Uint8Array[] = []
  #size = 0

  constructor(partBytes: number) {
    this.#partBytes = partBytes
  }

  /** The parts that `chunk` has made whole. */
  add(chunk: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = []
    let rest = chunk
    while (this.#size + rest.length >= this.#partBytes) {
      const missing = this.#partBytes - this.#size
      this.#keep(rest.subarray(0, missing))
      rest = rest.subarray(missing)
      parts.push(this.take())
    }
    this.#keep(rest)
    return parts
  }

  /** What is left, which is then gone from here. */
  take(): Uint8Array {
    const bytes = concatBytes(this.#chunks, this.#size)
    this.#chunks = []
    this.#size = 0
    return bytes
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk)
    this.#size += chunk.length
  }
}

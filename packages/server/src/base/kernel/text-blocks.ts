/** Text written bit by bit, as UTF-8 in blocks: a large one is never one string to be encoded in one go. */

/** Characters of a block. */
const blockLength = 64 * 1024

export class TextBlocks {
  readonly #encoder = new TextEncoder()
  readonly #blocks: Uint8Array[] = []
  #text = ''

  write(text: string): void {
    this.#text += text
    if (this.#text.length >= blockLength) this.#encode()
  }

  /** All that was written. */
  end(): readonly Uint8Array[] {
    if (this.#text !== '') this.#encode()
    return this.#blocks
  }

  #encode(): void {
    this.#blocks.push(this.#encoder.encode(this.#text))
    this.#text = ''
  }
}

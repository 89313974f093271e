/** Lines and counted bytes from a stream that is read as fast as they are asked for. */
import type { Readable } from 'node:stream'

export class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /** Up to the byte, which is left out; null at the end. @throws where there is none in so many bytes */
  async readUntil(byte: number, maxBytes: number): Promise<Buffer | null> {
    let from = 0
    for (;;) {
      const at = this.#rest.indexOf(byte, from)
      if (at >= 0) {
        const found = this.#rest.subarray(0, at)
        this.#rest = this.#rest.subarray(at + 1)
        return found
      }
      from = this.#rest.length
      if (from > maxBytes) throw new Error('git said something longer than it should')
      if (!(await this.#more())) return null
    }
  }

  async readBytes(count: number): Promise<Buffer> {
    const parts: Buffer[] = [this.#rest]
    let length = this.#rest.length
    while (length < count) {
      const { done, value } = await this.#source.next()
      if (done === true) throw new Error('git ended in the middle of a file')
      parts.push(value)
      length += value.length
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts)
    this.#rest = all.subarray(count)
    return all.subarray(0, count)
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
    return true
  }
}

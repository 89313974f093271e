/** Changes that are not in the engine (yet, or as of a snapshot), in key order, to be laid over what the engine holds. */
import type { Entry, EngineIterator, Range, Value } from './engine.ts'

export class Overlay {
  readonly #values = new Map<string, Value | undefined>()
  #keys: string[] = []
  #sorted = true

  get size(): number {
    return this.#values.size
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Value | undefined): void {
    if (!this.#values.has(key)) {
      if (this.#sorted && this.#keys.length > 0 && key < (this.#keys.at(-1) as string))
        this.#sorted = false
      this.#keys.push(key)
    }
    this.#values.set(key, value)
  }

  clear(): void {
    this.#values.clear()
    this.#keys = []
    this.#sorted = true
  }

  entries(): IterableIterator<[string, Value | undefined]> {
    return this.#values.entries()
  }

  /** Changed keys of a range, ascending. */
  keysIn(range: Range): string[] {
    if (this.#keys.length === 0) return []
    if (!this.#sorted) {
      this.#keys.sort(byCodeUnit)
      this.#sorted = true
    }
    return this.#keys.slice(this.#lowest(range.gte), this.#lowest(range.lt))
  }

  /** Index of the first key not below `key`. */
  #lowest(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Lays an overlay over an iterator. Each chunk is merged with the changes of exactly the span it covers, as they are when
 * the chunk has arrived: what is recorded before the engine is written is never missed.
 */
export class MergedIterator implements EngineIterator {
  readonly #base: EngineIterator
  readonly #overlay: Overlay
  readonly #reverse: boolean
  #rest: Range
  #ready: Entry[] = []
  #ended = false

  constructor(base: EngineIterator, overlay: Overlay, range: Range, reverse: boolean) {
    this.#base = base
    this.#overlay = overlay
    this.#rest = { gte: range.gte, lt: range.lt }
    this.#reverse = reverse
  }

  async next(count: number): Promise<Entry[]> {
    while (this.#ready.length < count && !this.#ended) await this.#readChunk(count)
    return this.#ready.splice(0, count)
  }

  async #readChunk(count: number): Promise<void> {
    const chunk = await this.#base.next(count)
    this.#ended = chunk.length < count
    const reached = chunk.at(-1)?.[0]
    const span = this.#ended || reached === undefined ? this.#rest : this.#spanTo(reached)
    const changed = this.#overlay.keysIn(span)
    if (this.#reverse) changed.reverse()
    this.#ready.push(...(changed.length === 0 ? chunk : this.#merge(chunk, changed)))
  }

  #spanTo(reached: string): Range {
    if (this.#reverse) {
      const span = { gte: reached, lt: this.#rest.lt }
      this.#rest = { gte: this.#rest.gte, lt: reached }
      return span
    }
    const after = `${reached}\0`
    const span = { gte: this.#rest.gte, lt: after }
    this.#rest = { gte: after, lt: this.#rest.lt }
    return span
  }

  #merge(chunk: readonly Entry[], changed: readonly string[]): Entry[] {
    const out: Entry[] = []
    let at = 0
    for (const key of changed) {
      for (
        let entry = chunk[at];
        entry !== undefined && this.#isBefore(entry[0], key);
        entry = chunk[at]
      ) {
        out.push(entry)
        at++
      }
      if (chunk[at]?.[0] === key) at++
      const value = this.#overlay.get(key)
      if (value !== undefined) out.push([key, value])
    }
    for (; at < chunk.length; at++) out.push(chunk[at] as Entry)
    return out
  }

  #isBefore(a: string, b: string): boolean {
    return this.#reverse ? a > b : a < b
  }

  close(): Promise<void> {
    return this.#base.close()
  }
}

/** A cache that never holds more than `capacity` entries; the least recently used goes first. */

export class BoundedCache<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #capacity: number
  readonly #onEvict: ((key: K, value: V) => void) | undefined

  constructor(capacity: number, onEvict?: (key: K, value: V) => void) {
    this.#capacity = capacity
    this.#onEvict = onEvict
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // Re-inserting keeps the Map in order of use; skipped while half empty, when nothing can be evicted soon.
    if (this.#entries.size * 2 > this.#capacity) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return
    for (const [oldest, evicted] of this.#entries) {
      this.#entries.delete(oldest)
      this.#onEvict?.(oldest, evicted)
      return
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  values(): IterableIterator<V> {
    return this.#entries.values()
  }
}

/** A map that keeps so many entries, for so long: the oldest goes first. */

export class BoundedCache<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly untilMs: number }>()
  readonly #max: number
  readonly #ttlMs: number

  constructor(max: number, ttlMs: number) {
    this.#max = max
    this.#ttlMs = ttlMs
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs > Date.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value, ttlMs = this.#ttlMs): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, untilMs: Date.now() + ttlMs })
    if (this.#entries.size <= this.#max) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  deleteWhere(matches: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}

/** Listeners by topic: what both adapters keep. */

export type MessageListener = (message: Uint8Array) => void

export class Topics {
  readonly #listeners = new Map<string, Set<MessageListener>>()

  get names(): readonly string[] {
    return [...this.#listeners.keys()]
  }

  has(topic: string): boolean {
    return this.#listeners.has(topic)
  }

  add(topic: string, listener: MessageListener): void {
    const found = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, found.add(listener))
  }

  /** True when it was the last one. */
  remove(topic: string, listener: MessageListener): boolean {
    const found = this.#listeners.get(topic)
    if (found?.delete(listener) !== true || found.size > 0) return false
    this.#listeners.delete(topic)
    return true
  }

  tell(topic: string, message: Uint8Array): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(message)
  }

  clear(): void {
    this.#listeners.clear()
  }
}

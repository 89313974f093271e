/** A cancellation signal lighter than AbortSignal: one per request costs an object, and a listener only where one waits. */

export interface Cancellation {
  readonly cancelled: boolean
  /** Calls `listener` once when cancelled (at once if it already is); returns the way to stop listening. */
  onCancel(listener: () => void): () => void
}

/** The side that cancels. */
export class CancellationSource implements Cancellation {
  cancelled = false
  /** Mostly there is one: a Set for it would cost a request 1 µs. */
  #first: (() => void) | null = null
  #others: Set<() => void> | null = null

  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    const listeners = [this.#first, ...(this.#others ?? [])]
    this.#first = this.#others = null
    for (const listener of listeners) listener?.()
  }

  onCancel(listener: () => void): () => void {
    if (this.cancelled) {
      listener()
      return () => {}
    }
    if (this.#first === null) this.#first = listener
    else (this.#others ??= new Set()).add(listener)
    return () => this.#forget(listener)
  }

  #forget(listener: () => void): void {
    if (this.#first === listener) this.#first = null
    else this.#others?.delete(listener)
  }
}

export const neverCancelled: Cancellation = { cancelled: false, onCancel: () => () => {} }

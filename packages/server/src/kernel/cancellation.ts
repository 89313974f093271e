/** A cancellation signal lighter than AbortSignal: one per request costs an object, and a listener only where one waits. */

export interface Cancellation {
  readonly cancelled: boolean
  /** Calls `listener` once when cancelled (at once if it already is); returns the way to stop listening. */
  onCancel(listener: () => void): () => void
}

/** The side that cancels. */
export class CancellationSource implements Cancellation {
  cancelled = false
  #listeners: Set<() => void> | null = null

  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners !== null) for (const listener of listeners) listener()
  }

  onCancel(listener: () => void): () => void {
    if (this.cancelled) {
      listener()
      return () => {}
    }
    const listeners = (this.#listeners ??= new Set())
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}

export const neverCancelled: Cancellation = { cancelled: false, onCancel: () => () => {} }

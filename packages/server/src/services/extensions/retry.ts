/** Trying again what failed: one try at a time, later each time, so that what never succeeds costs next to nothing. */

const firstDelayMs = 1_000
const longestDelayMs = 60_000

export class Retry {
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | null = null
  #delayMs = firstDelayMs

  /** Nothing is tried once `signal` is aborted. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#stop(), { once: true })
  }

  /** After a failure: `action` after 1 s, then 2 s … 60 s. False where a try is due already, or none will be. */
  after(action: () => void): boolean {
    if (this.#timer !== null || this.#signal.aborted) return false
    this.#timer = setTimeout(() => {
      this.#timer = null
      action()
    }, this.#delayMs)
    this.#timer.unref()
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs)
    return true
  }

  succeeded(): void {
    this.#stop()
    this.#delayMs = firstDelayMs
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

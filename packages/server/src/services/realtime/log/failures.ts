/** Tries that failed one after the other: how long to wait for the next one, and what of it is news. */

const leastMs = 100
const mostMs = 5_000
/** Where a node that read the log for this one is gone. */
const mostForsakenMs = 500

export class Failures {
  #count = 0
  #told = ''

  /** Whether it was not told of since the last success: it is tried again every few seconds. */
  isNews(reason: string): boolean {
    const isNews = this.#count === 0 || reason !== this.#told
    this.#told = reason
    return isNews
  }

  /** Milliseconds until the next try. */
  next(isForsaken: boolean): number {
    return Math.min(leastMs * 2 ** this.#count++, isForsaken ? mostForsakenMs : mostMs)
  }

  end(): void {
    this.#count = 0
  }
}

/** Learns which statements are cheap enough to share a connection with others in flight. */
import { BoundedCache } from '#base/kernel'
import type { Statement } from '#base/sql'

/** Usually a statement is done in less. 16 in flight × 5 ms is the worst wait we accept, */
const usuallyMs = 5
/** so none may take more than this: a busy processor alone makes 10 ms of 0.3. */
const neverMs = 50
/** Usually done in less: it may have one of the connections that long statements leave. */
const shortMs = 50
/** Runs seen before a statement is trusted. */
const trustedAfter = 3
/** One slow run is forgotten after about a hundred fast ones. */
const decay = 0.96
/** Up in one run of 20, down in the others, and they cancel out: what is in between is the 95th percentile. */
const up = 1.19
const down = 0.991

interface Cost {
  runs: number
  /** About the 95th percentile. */
  usualMs: number
  /** A decaying maximum. */
  slowestMs: number
}

export class StatementCosts {
  readonly #costs = new BoundedCache<string, Cost>(2000)

  isCheap(statements: readonly Statement[]): boolean {
    for (const { shape, text } of statements) {
      const cost = this.#costs.get(shape ?? text)
      if (cost === undefined || cost.runs < trustedAfter) return false
      if (cost.usualMs >= usuallyMs || cost.slowestMs >= neverMs) return false
    }
    return true
  }

  /** Known to be done soon, though perhaps not soon enough for others to share its connection. */
  isShort(statements: readonly Statement[]): boolean {
    for (const { shape, text } of statements) {
      const cost = this.#costs.get(shape ?? text)
      if (cost === undefined || cost.runs < trustedAfter) return false
      if (cost.usualMs >= shortMs || cost.slowestMs >= shortMs * 10) return false
    }
    return true
  }

  /** The time of the whole pipeline counts for each of its statements. */
  learn(statements: readonly Statement[], measuredMs: number): void {
    // factors lead nowhere from nothing
    const ms = Math.max(measuredMs, 0.01)
    for (const { shape, text } of statements) {
      const cost = this.#costs.get(shape ?? text)
      if (cost === undefined)
        this.#costs.set(shape ?? text, { runs: 1, usualMs: ms, slowestMs: ms })
      else {
        cost.runs++
        // the first runs plan and prepare as well
        if (cost.runs <= trustedAfter) cost.usualMs = Math.min(ms, cost.usualMs)
        else cost.usualMs *= ms > cost.usualMs ? up : down
        cost.slowestMs = Math.max(ms, cost.slowestMs * decay)
      }
    }
  }
}

/** Learns which statements are cheap enough to share a connection with others in flight. */
import { BoundedCache } from '#kernel'
import type { Statement } from '#sql'

/** Above this a statement holds up those behind it: 16 in flight × 5 ms is the worst wait we accept. */
const cheapMs = 5
/** Runs seen before a statement is trusted. */
const trustedAfter = 3
/** One slow run is forgotten after about a hundred fast ones. */
const decay = 0.96

interface Cost {
  runs: number
  /** A decaying maximum: cheaper to keep than a percentile, and more cautious. */
  slowestMs: number
}

export class StatementCosts {
  readonly #costs = new BoundedCache<string, Cost>(2000)

  isCheap(statements: readonly Statement[]): boolean {
    return statements.every((statement) => {
      const cost = this.#costs.get(statement.text)
      return cost !== undefined && cost.runs >= trustedAfter && cost.slowestMs < cheapMs
    })
  }

  /** The time of the whole pipeline counts for each of its statements. */
  learn(statements: readonly Statement[], ms: number): void {
    for (const { text } of statements) {
      const cost = this.#costs.get(text)
      if (cost === undefined) this.#costs.set(text, { runs: 1, slowestMs: ms })
      else {
        cost.runs++
        cost.slowestMs = Math.max(ms, cost.slowestMs * decay)
      }
    }
  }
}

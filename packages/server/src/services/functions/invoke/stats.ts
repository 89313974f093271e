/** How functions were called, for the metrics. */

export type Outcome = 'ok' | 'error' | 'boot_error' | 'limit' | 'timeout' | 'busy'

/** Upper bounds in ms. */
export const durationBuckets: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000,
]

interface Counts {
  readonly outcomes: Map<Outcome, number>
  /** Calls up to each bound, and all. */
  readonly buckets: number[]
  sumMs: number
}

/** Names of functions come from deployments, not from callers; so many are told apart. */
const maxFunctions = 1000

export class FunctionStats {
  readonly bounds = durationBuckets
  readonly #functions = new Map<string, Counts>()
  /** Workers that live. */
  workers: () => number = () => 0

  observe(slug: string, outcome: Outcome, durationMs: number): void {
    let counts = this.#functions.get(slug)
    if (counts === undefined) {
      if (this.#functions.size >= maxFunctions) return
      counts = {
        outcomes: new Map(),
        buckets: durationBuckets.map(() => 0).concat(0),
        sumMs: 0,
      }
      this.#functions.set(slug, counts)
    }
    counts.outcomes.set(outcome, (counts.outcomes.get(outcome) ?? 0) + 1)
    const at = durationBuckets.findIndex((bound) => durationMs <= bound)
    const bucket = at === -1 ? durationBuckets.length : at
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
    counts.sumMs += durationMs
  }

  /** All that were called, with their counts. */
  entries(): IterableIterator<[string, Readonly<Counts>]> {
    return this.#functions.entries()
  }
}

/** How large the results of a shape are, learned from the last one: large ones are read row by row. */
import type { RunningPlan } from '#services/data-api/plan'
import { renderByRow } from '#services/data-api/sql'
import type { RenderedRows } from '#services/data-api/sql'

/** Below, one cell is the cheaper way: 1,000 rows of 50 bytes take Postgres half as long as one by one. */
const largeBytes = 4 * 1024 * 1024

export class Volume {
  readonly #plan: RunningPlan
  #isLarge: boolean
  #byRow: RenderedRows | null | undefined

  constructor(plan: RunningPlan) {
    this.#plan = plan
    this.#isLarge = isUnbounded(plan)
  }

  /** The statement that gives the rows one by one, if that is the better way. */
  get byRow(): RenderedRows | null {
    return this.#isLarge ? this.rows() : null
  }

  /** The same, whatever is known of the size; null for results that are no list of rows. */
  rows(): RenderedRows | null {
    if (this.#byRow === undefined) this.#byRow = renderByRow(this.#plan)
    return this.#byRow
  }

  /** Infinity for a result that did not end while it was watched. */
  learn(bytes: number): void {
    this.#isLarge = bytes > largeBytes
  }
}

/** A whole table, and no limit that anybody set: nothing is known of its size before the first time. */
function isUnbounded({ kind, tree }: RunningPlan): boolean {
  const limited = tree.range !== null && (tree.range.limit !== null || tree.range.maxRows !== null)
  return kind !== 'mutation' && !limited && tree.where.length === 0
}

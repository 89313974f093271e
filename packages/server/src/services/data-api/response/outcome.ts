/** What a query gave, read from its one row. */
import type { RunningPlan } from '#services/data-api/plan'

type Cells = readonly (Uint8Array | null)[]

/** A body that is still on its way. It is read, or cancelled. */
export interface StreamedBody extends AsyncIterable<Uint8Array> {
  /** Its bytes, where they are known beforehand. */
  readonly length: number | null
  cancel(): void
}

export interface Outcome {
  /** The body as Postgres sent it, or sends it. */
  readonly body: Uint8Array | readonly Uint8Array[] | StreamedBody | null
  /** Rows in the body, or changed. */
  readonly page: number
  /** The settings response.headers and response.status, or null. */
  readonly headers: string | null
  readonly status: string | null
  /** Rows there are without the limit; null when not counted. */
  readonly total: number | null
  /** Rows an upsert found there already. */
  readonly updated: number
  /** The key of the inserted row as JSON. */
  readonly location: string | null
}

const decoder = new TextDecoder()

/** Columns by position, as `render` writes them; a mutation has two more before the body, which comes last. */
export function readOutcome(cells: Cells, kind: RunningPlan['kind']): Outcome {
  return {
    total: readCount(cells[0]),
    page: readCount(cells[1]) ?? 0,
    headers: readText(cells[2]),
    status: readText(cells[3]),
    location: kind === 'mutation' ? readText(cells[4]) : null,
    updated: kind === 'mutation' ? (readCount(cells[5]) ?? 0) : 0,
    body: cells[kind === 'mutation' ? 6 : 4] ?? null,
  }
}

function readText(cell: Uint8Array | null | undefined): string | null {
  return cell === null || cell === undefined ? null : decoder.decode(cell)
}

/** ASCII digits without making a string of them. */
function readCount(cell: Uint8Array | null | undefined): number | null {
  if (cell === null || cell === undefined) return null
  let count = 0
  for (const byte of cell) count = count * 10 + (byte - 0x30)
  return count
}

/** The rows the planner expects, from EXPLAIN (FORMAT JSON). */
export function readEstimate(cells: Cells): number | null {
  const text = readText(cells[0])
  if (text === null) return null
  const rows = /"Plan Rows": (\d+)/.exec(text)?.[1]
  return rows === undefined ? null : Number(rows)
}

/** The total to show when the planner was asked: its guess, unless the exact count is small and known. */
export function withEstimate(
  plan: RunningPlan,
  outcome: Outcome,
  estimate: number | null,
): Outcome {
  if (plan.preferences.count === 'planned') return { ...outcome, total: estimate }
  const maxRows = plan.tree.range?.maxRows ?? null
  const { total } = outcome
  if (total === null || (maxRows !== null && total <= maxRows)) return outcome
  return { ...outcome, total: Math.max(total, estimate ?? total) }
}

/** Where in the log a change stands: its commit, and its row in there. */
export interface ChangePosition {
  readonly lsn: bigint
  readonly row: number
}

/** In the order of the log. */
export function isAfter(a: ChangePosition, b: ChangePosition): boolean {
  return a.lsn === b.lsn ? a.row > b.row : a.lsn > b.lsn
}

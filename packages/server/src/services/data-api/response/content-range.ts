/** Content-Range, and the status that goes with it. */

/** `contentRange(0, 10, 25)` → `0-9/25`; no rows are `*`, an unknown total too. */
export function contentRange(offset: number, rows: number, total: number | null): string {
  const range = rows > 0 && total !== 0 ? `${offset}-${offset + rows - 1}` : '*'
  return `${range}/${total ?? '*'}`
}

/** 206 when there are more rows than shown, 416 when the offset lies behind them all. */
export function rangeStatus(offset: number, rows: number, total: number | null): 200 | 206 | 416 {
  if (total === null) return 200
  if (offset > total) return 416
  return rows < total ? 206 : 200
}

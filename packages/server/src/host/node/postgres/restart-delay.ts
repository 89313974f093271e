/** How long to wait before Postgres, which has ended by itself, is started again. */

export const restartWindowMs = 60_000
/** Within the window; what ends as often does not get well by itself. */
export const maxRestarts = 8
const firstDelayMs = 100
const longestDelayMs = 5_000

/**
 * After the ends at `endedAt` (ascending, the last one now; in ms): 0 for the first, then 100 ms, 200 ms … 5 s; null to give up.
 * What ran for a whole window begins anew.
 */
export function restartDelayMs(endedAt: readonly number[]): number | null {
  const now = endedAt.at(-1) ?? 0
  const recent = endedAt.filter((at) => now - at < restartWindowMs).length
  if (recent > maxRestarts) return null
  return recent <= 1 ? 0 : Math.min(firstDelayMs * 2 ** (recent - 2), longestDelayMs)
}

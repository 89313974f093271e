/** How slow the machine is today: what bounds of time in tests are multiplied by. */

/** Of processor time on a quiet machine of two cores: 42 to 45 were measured, and minutes later, with nothing else running either, 68 to 76. */
const quietMs = 45

/**
 * How many times longer than on a quiet machine the same piece of work takes: 1 or more, in processor time, so that what other
 * processes do meanwhile hardly counts. It takes a third of a second.
 */
export function slowness(): number {
  const rows = Array.from({ length: 40_000 }, (_, id) => ({
    id,
    name: `name ${id}`,
    at: '2026-01-01T00:00:00Z',
  }))
  const body = JSON.stringify(rows)
  // the least: the first ones are not compiled yet
  const took = Math.min(...Array.from({ length: 5 }, () => processorMs(body)))
  return Math.max(1, took / quietMs)
}

function processorMs(body: string): number {
  const before = process.cpuUsage()
  JSON.parse(body)
  JSON.stringify(JSON.parse(body))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

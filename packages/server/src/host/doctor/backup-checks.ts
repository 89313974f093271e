/** Checks of the backups: whether there is a young one, and one that was restored. Pure. */
import { check } from './check.ts'
import type { Check } from './check.ts'

export interface KnownBackup {
  /** ms since the epoch; null where it cannot be read. */
  readonly madeMs: number | null
  /** When a restore of it was tried and right; null for never. */
  readonly verifiedMs: number | null
}

const dayMs = 86_400_000
/** One night may fail; two are noticed. */
const oldDays = 2
const unverifiedDays = 8

/** `backups`: oldest first. `place` is where they are. */
export function backupChecks(
  backups: readonly KnownBackup[],
  place: string,
  now = Date.now(),
): Check[] {
  const newest = latest(backups.map(({ madeMs }) => madeMs))
  const verified = latest(backups.map(({ verifiedMs }) => verifiedMs))
  return [
    check(
      'backups',
      newest !== null && now - newest < oldDays * dayMs,
      newest === null
        ? `There is no backup in ${place}`
        : `The newest backup in ${place} was made ${ago(newest, now)}`,
      'Look into the log for why basalt.backup.schedule made none, and run: basalt backup create',
      'error',
    ),
    check(
      'restores',
      verified !== null && now - verified < unverifiedDays * dayMs,
      verified === null
        ? 'No backup was ever restored to see whether it can be'
        : `A backup was last restored and compared ${ago(verified, now)}`,
      'basalt backup verify: a backup that was not restored does not count.',
    ),
  ]
}

/** Where they are kept cannot be read. */
export function unknownBackups(message: string): Check {
  const remedy =
    'Look whether basalt.backup.target is there and its key is right: basalt backup list'
  return { name: 'backups', level: 'error', message, remedy }
}

function latest(times: readonly (number | null)[]): number | null {
  return times.reduce(
    (one, other) => (other !== null && (one === null || other > one) ? other : one),
    null,
  )
}

function ago(ms: number, now: number): string {
  const days = Math.floor((now - ms) / dayMs)
  if (days < 1) return 'within the last day'
  return days === 1 ? 'a day ago' : `${days} days ago`
}

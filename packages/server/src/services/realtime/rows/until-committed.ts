/** Waits until others see what the log tells: Postgres writes a commit into its log before the first snapshot shows it. */
import { decodeRows, systemSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'
import type { Change } from './change.ts'

interface Snapshot {
  /** The lower half of the first transaction it knows nothing of. */
  readonly end: number
  /** Those before it that it does not show. */
  readonly running: ReadonlySet<number>
}

/** Whoever waits longer asks without it: a standby that must confirm a commit may be away. */
const patienceMs = 5_000
const pauseMs = { least: 1, most: 50 }

const newest = new WeakMap<Project, Snapshot>()

export async function untilCommitted(project: Project, changes: readonly Change[]): Promise<void> {
  const end = performance.now() + patienceMs
  for (let wait = pauseMs.least; ; wait = Math.min(wait * 2, pauseMs.most)) {
    let snapshot = newest.get(project)
    const isShown = ({ xid }: Change): boolean => snapshot !== undefined && shows(snapshot, xid)
    if (changes.every(isShown)) return
    snapshot = await readSnapshot(project)
    newest.set(project, snapshot)
    if (changes.every(isShown) || performance.now() > end) return
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

/** Numbers of transactions begin anew behind 2^32: the nearer way round says which is older. */
function shows({ end, running }: Snapshot, xid: number): boolean {
  return ((xid - end) | 0) < 0 && !running.has(xid)
}

async function readSnapshot({ apiDb }: Project): Promise<Snapshot> {
  const [result] = await apiDb.transaction(
    systemSession,
    [sql`/* realtime.snapshot */ select pg_catalog.pg_current_snapshot()::text as snapshot`],
    { lane: 'read', leaves: 'nothing' },
  )
  const [found] = decodeRows<{ snapshot: string }>(result as Result)
  // xmin:xmax:running,…
  const [, end = '0', running = ''] = (found?.snapshot ?? '').split(':')
  const lower = (xid: string): number => Number(BigInt.asUintN(32, BigInt(xid)))
  const listed = running === '' ? [] : running.split(',')
  return { end: lower(end), running: new Set(listed.map(lower)) }
}

/** Rows of usage that are older than the project keeps them: removed once an hour, by one node, a few thousand at a time. */
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Log } from '#base/kernel'
import { repeat } from '#base/service'
import type { Repeated } from '#base/service'
import { sql } from '#base/sql'
import { serviceSession } from './find-keys.ts'

/** 'basa' and 'usag' */
const lockKey = [0x62617361, 0x75736167] as const
const everyMs = 3_600_000
const firstMs = 60_000
const rowsAtOnce = 5_000
const timeoutMs = 30_000

/** `retentionMs` is asked for at each turn; 0 keeps everything. */
export function sweepUsage(db: Database, retentionMs: () => number, log: Log): Repeated {
  const sweep = async (signal: AbortSignal): Promise<void> => {
    const keptMs = retentionMs()
    try {
      while (keptMs > 0 && !signal.aborted && (await removeSome(db, keptMs)) === rowsAtOnce);
    } catch (error) {
      log.warn('old usage of API keys could not be removed', { error: String(error) })
    }
  }
  return repeat(sweep, { firstMs, everyMs })
}

/** Resolves with how many; none, where another node is at it. */
export async function removeSome(db: Database, keptMs: number): Promise<number> {
  const [result] = await db.transaction(
    serviceSession,
    [
      sql`/* apiKeys.removeOldUsage */
        with turn as materialized (
          select pg_catalog.pg_try_advisory_xact_lock(${lockKey[0]}::pg_catalog.int4, ${lockKey[1]}::pg_catalog.int4) as is_ours
        ), old as (
          select metrics.ctid from public.usage_metrics metrics
          where (select is_ours from turn)
            and metrics.created_at < pg_catalog.now() - ${keptMs}::pg_catalog.float8 * pg_catalog.make_interval(secs => 0.001)
          limit ${rowsAtOnce}
        ), gone as (
          delete from public.usage_metrics metrics using old where metrics.ctid = old.ctid returning 1
        )
        select pg_catalog.count(*) as removed from gone`,
    ],
    { lane: 'write', leaves: 'settings', timeoutMs },
  )
  return decodeRows<{ removed: number }>(result as Result)[0]?.removed ?? 0
}

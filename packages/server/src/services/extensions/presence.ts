/** Which extensions of ours a database has: the real ones bring workers of their own, beside which ours stands aside. */
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import { sql } from '#base/sql'
import { runOwn } from './run-own.ts'

export interface Presence {
  readonly net: boolean
  readonly cron: boolean
}

/** Told by a function that only ours have, as a member of the extension. */
export async function readPresence(db: Database): Promise<Presence> {
  const results = await runOwn(
    db,
    sql`/* extensions.presence */
      select coalesce(bool_or(extname = 'pg_net' and proname = 'basalt_enqueue'), false) as net,
        coalesce(bool_or(extname = 'pg_cron' and proname = 'basalt_check_job'), false) as cron
      from pg_extension
      join pg_depend on refclassid = 'pg_extension'::regclass and refobjid = pg_extension.oid
        and classid = 'pg_proc'::regclass and deptype = 'e'
      join pg_proc on pg_proc.oid = objid
      where extname in ('pg_net', 'pg_cron')`,
  )
  return decodeRows<Presence>(results[0] as Result)[0] ?? { net: false, cron: false }
}

/** Whether one of them has something to do, now or at its time. */
export async function readWork(db: Database, { net, cron }: Presence): Promise<boolean> {
  const questions = [
    ...(net ? [sql`/* extensions.queued */ select from net.http_request_queue limit 1`] : []),
    ...(cron ? [sql`/* extensions.jobs */ select from cron.job where active limit 1`] : []),
  ]
  if (questions.length === 0) return false
  const results = await runOwn(db, ...questions)
  return results.some(({ rows }) => rows.length > 0)
}

export interface JobQueues {
  /** Requests of pg_net, at most 100,000; null without it. */
  readonly netWaiting: number | null
  /** Jobs of pg_cron that are turned on; null without it. */
  readonly cronJobs: number | null
}

export async function readQueues(db: Database, { net, cron }: Presence): Promise<JobQueues> {
  const none = sql`/* extensions.none */ select null::int as many`
  if (!net && !cron) return { netWaiting: null, cronJobs: null }
  const results = await runOwn(
    db,
    net
      ? sql`/* extensions.countQueued */ select count(*)::int as many from (select from net.http_request_queue limit 100000) queued`
      : none,
    cron
      ? sql`/* extensions.countJobs */ select count(*)::int as many from cron.job where active`
      : none,
  )
  const [netWaiting = null, cronJobs = null] = results.map(
    (result) => decodeRows<{ many: number | null }>(result)[0]?.many ?? null,
  )
  return { netWaiting, cronJobs }
}

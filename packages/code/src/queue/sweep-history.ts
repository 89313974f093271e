/** What pushes and requests leave behind: they come for years, and a payload may have 25 MB. */
import type { Database } from '#postgres'

/** GitHub shows, and sends again, those of three days. */
const payloadDays = 7
const historyDays = 90
/** By one statement. */
const atOnce = 5_000

const statements = {
  'code.dropPayloads': `
update public.webhook_deliveries set payload = null where id in (
  select id from public.webhook_deliveries
  where payload is not null and status in ('processed', 'failed') and received_at < now() - interval '${payloadDays} days'
  limit ${atOnce} for update skip locked)
returning id`,
  // the newest of each repository says how it stands
  'code.dropJobs': `
delete from public.indexing_jobs where id in (
  select id from public.indexing_jobs old
  where finished_at < now() - interval '${historyDays} days' and exists (
    select from public.indexing_jobs newer where newer.repository_id = old.repository_id and newer.queued_at > old.queued_at)
  limit ${atOnce} for update skip locked)
returning id`,
  'code.dropDeliveries': `
delete from public.webhook_deliveries where id in (
  select id from public.webhook_deliveries
  where status in ('processed', 'failed') and received_at < now() - interval '${historyDays} days'
  limit ${atOnce} for update skip locked)
returning id`,
  // where the server counts keys as well it does the same, by its own setting
  'code.dropUsage': `
delete from public.usage_metrics where id in (
  select id from public.usage_metrics where created_at < now() - interval '${historyDays} days'
  limit ${atOnce} for update skip locked)
returning id`,
}

/** Resolves to how many rows. */
export async function sweepHistory(db: Database): Promise<number> {
  let swept = 0
  for (const [name, text] of Object.entries(statements))
    for (let count = atOnce; count >= atOnce; swept += count)
      count = (await db.query(name, text)).length
  return swept
}

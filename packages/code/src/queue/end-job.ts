/** How jobs end: done, failed, tried again later, cancelled; and those whose worker is gone. */
import { jsonText } from '#postgres'
import type { Database, Queryable } from '#postgres'
import { LeaseLost } from './job-queue.ts'
import type { Job } from './job-queue.ts'

export type End = 'completed' | 'failed' | 'cancelled'

const end = `
with job as (
  update public.indexing_jobs set status = $3, finished_at = now(), error_message = $4, updated_at = now(),
    progress = coalesce($5, progress)
  where id = $1 and lease = $2 and status = 'in_progress'
    -- first, as who deletes it takes it
    and repository_id = (select id from public.repositories where id = $6 for no key update)
  returning id, repository_id, delivery_id, requested_by
), event as (
  insert into public.indexing_job_events (job_id, event_type, message, context)
  select id, $3, $4, coalesce($5, '{}') from job
), delivery as (
  update public.webhook_deliveries set processed_at = now(), error_message = $4,
    status = case when $3 = 'failed' then 'failed' else 'processed' end
  where id = (select delivery_id from job)
), repository as (
  update public.repositories set
    sync_state = case $3 when 'completed' then 'synced' when 'failed' then 'failed' else 'pending' end,
    status = case when $3 = 'completed' then 'ready' when $3 = 'failed' and last_indexed_commit is null then 'error' else status end
  where id = (select repository_id from job)
)
select requested_by, repository_id from job`

/** In the transaction of its last writes, where there is one. @throws LeaseLost */
export async function endJob(
  db: Queryable,
  job: Job,
  status: End,
  message: string | null,
  progress: object | null = null,
): Promise<void> {
  const rows = await db.query('code.endJob', end, [
    job.id,
    job.lease,
    status,
    message,
    progress === null ? null : jsonText(progress),
    job.repository_id,
  ])
  if (rows.length === 0) throw new LeaseLost('the job has another worker, or none')
}

const firstDelayMs = 1_000
const longestDelayMs = 300_000

/** 1 s, 2 s, 4 s, … five minutes, each of them up to half longer. */
export function delayOf(attempts: number, random: () => number = Math.random): number {
  const ms = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(20, attempts - 1))
  return Math.round(ms * (1 + random() / 2))
}

/** Again later, or failed where it was the last attempt. */
export async function retryJob(
  db: Queryable,
  job: Job,
  message: string,
  delayMs: number,
): Promise<void> {
  if (job.attempts >= job.max_attempts) return endJob(db, job, 'failed', message)
  await db.query(
    'code.retryJob',
    `with job as (
       update public.indexing_jobs set status = 'queued', lease = null, error_message = $3, updated_at = now(),
         run_at = now() + $4 * interval '1 millisecond'
       where id = $1 and lease = $2 and status = 'in_progress' returning id, delivery_id
     ), delivery as (
       update public.webhook_deliveries set status = 'queued' where id = (select delivery_id from job)
     )
     insert into public.indexing_job_events (job_id, event_type, message, context)
     select id, 'retry', $3, jsonb_build_object('delay_ms', $4::int) from job`,
    [job.id, job.lease, message, delayMs],
  )
}

/** Gives a job back that was not worked on: its worker ends. */
export async function releaseJob(db: Queryable, job: Job): Promise<void> {
  await db.query(
    'code.releaseJob',
    `with job as (
       update public.indexing_jobs set status = 'queued', lease = null, attempts = attempts - 1, run_at = now(), updated_at = now()
       where id = $1 and lease = $2 and status = 'in_progress' returning id, delivery_id
     ), delivery as (
       update public.webhook_deliveries set status = 'queued' where id = (select delivery_id from job)
     ), told as (
       select pg_notify('code_jobs', '') from job
     )
     insert into public.indexing_job_events (job_id, event_type, message)
     select id, 'released', 'its worker ends' from job, told`,
    [job.id, job.lease],
  )
}

/** In all: a job that kills its workers has an end, too. */
const mostAttempts = 10

/**
 * A worker that is killed, or loses its database, is no fault of its job: it may fail as often as before. Under the drill's 15
 * kills some of 200 jobs are met five times.
 */
const recover = `
with stale as (
  select jobs.id from public.indexing_jobs jobs join public.repositories on repositories.id = jobs.repository_id
  where jobs.status = 'in_progress' and heartbeat_at < now() - $1 * interval '1 millisecond'
  -- of both, without a wait: others have the repository first
  limit 100 for no key update of repositories skip locked for update of jobs skip locked
), job as (
  update public.indexing_jobs jobs set lease = null, updated_at = now(), max_attempts = max_attempts + 1,
    status = case when attempts >= ${mostAttempts} then 'failed' when cancel_requested then 'cancelled' else 'queued' end,
    finished_at = case when attempts >= ${mostAttempts} or cancel_requested then now() end,
    error_message = 'its worker is gone', run_at = now()
  from stale where jobs.id = stale.id
  returning jobs.id, jobs.status, jobs.delivery_id, jobs.repository_id
), delivery as (
  update public.webhook_deliveries deliveries set
    status = case job.status when 'queued' then 'queued' when 'failed' then 'failed' else 'processed' end
  from job where deliveries.id = job.delivery_id
), repository as (
  update public.repositories set sync_state = case job.status when 'failed' then 'failed' else 'pending' end
  from job where repositories.id = job.repository_id
), event as (
  insert into public.indexing_job_events (job_id, event_type, message)
  select id, 'recovered', 'its worker is gone' from job
)
select id from job`

/** Takes jobs from workers that have not been heard of for so long; resolves to how many. */
export async function recoverJobs(db: Database, staleMs: number): Promise<number> {
  return (await db.query('code.recoverJobs', recover, [staleMs])).length
}

export interface QueueDepth {
  readonly queued: number
  readonly in_progress: number
  /** In the last day. */
  readonly failed: number
  readonly oldest_queued_at: string | null
}

export async function readDepth(db: Queryable): Promise<QueueDepth> {
  const [row] = await db.query<QueueDepth>(
    'code.readQueueDepth',
    'select queued::int, in_progress::int, failed::int, oldest_queued_at from public.indexing_queue_depth',
  )
  return row ?? { queued: 0, in_progress: 0, failed: 0, oldest_queued_at: null }
}

/** Jobs in `indexing_jobs`: each has one worker at a time, who holds its lease; whatever is written is written under it. */
import { CodeError } from '#core'
import { jsonText, stateOf } from '#postgres'
import type { Database, Queryable } from '#postgres'

export interface Job {
  readonly id: string
  readonly repository_id: string
  readonly requested_by: string | null
  readonly job_type: 'full_index' | 'incremental_update'
  readonly payload: Readonly<Record<string, unknown>>
  readonly attempts: number
  readonly max_attempts: number
  readonly lease: string
  readonly delivery_id: string | null
}

export interface NewJob {
  readonly repositoryId: string
  readonly requestedBy: string | null
  readonly type: Job['job_type']
  readonly payload: Readonly<Record<string, unknown>>
  readonly priority?: number
  readonly deliveryId?: string
}

const insert = `
with job as (
  insert into public.indexing_jobs (repository_id, requested_by, job_type, payload, priority, delivery_id)
  values ($1, $2, $3, $4, $5, $6) returning id
), event as (
  insert into public.indexing_job_events (job_id, event_type) select id, 'queued' from job
)
select id from job`

/** Resolves to its id. */
export async function enqueue(db: Queryable, job: NewJob): Promise<string> {
  const [row] = await db.query<{ id: string }>('code.enqueueJob', insert, [
    job.repositoryId,
    job.requestedBy,
    job.type,
    jsonText(job.payload),
    job.priority ?? 0,
    job.deliveryId ?? null,
  ])
  if (row === undefined) throw new CodeError('internal')
  return row.id
}

/** Of who has none that runs. */
const ofOthers = `and not exists (
    select from public.indexing_jobs running
    join public.repositories theirs on theirs.id = running.repository_id
    join public.repositories own on own.user_id = theirs.user_id
    where running.status = 'in_progress' and own.id = waiting.repository_id)`

const claimOf = (condition: string): string => `
with next as (
  select id from public.indexing_jobs waiting
  where status = 'queued' and run_at <= now() and not exists (
    select from public.indexing_jobs running
    where running.repository_id = waiting.repository_id and running.status = 'in_progress') ${condition}
  order by priority desc, queued_at, id limit 1 for update skip locked
), job as (
  update public.indexing_jobs jobs set status = 'in_progress', lease = gen_random_uuid(), attempts = attempts + 1,
    started_at = coalesce(started_at, now()), heartbeat_at = now(), error_message = null, updated_at = now()
  from next where jobs.id = next.id
  returning jobs.id, jobs.repository_id, jobs.requested_by, jobs.job_type, jobs.payload, jobs.attempts, jobs.max_attempts,
    jobs.lease, jobs.delivery_id
), event as (
  insert into public.indexing_job_events (job_id, event_type, context)
  select id, 'started', jsonb_build_object('attempt', attempts) from job
), delivery as (
  update public.webhook_deliveries set status = 'processing' where id = (select delivery_id from job)
), repository as (
  update public.repositories set sync_state = 'syncing' where id = (select repository_id from job)
)
select * from job`

const uniqueViolation = '23505'

/** In this order: who has queued a thousand jobs has one worker while others have jobs that wait. */
const claims = [
  { name: 'code.claimJobOfOthers', text: claimOf(ofOthers) },
  { name: 'code.claimJob', text: claimOf('') },
]

/** Null when nothing waits. Two that reach for jobs of one repository at once: one of them tries again. */
export async function claimJob(db: Database): Promise<Job | null> {
  for (;;) {
    try {
      for (const { name, text } of claims) {
        const [job] = await db.query<Job>(name, text)
        if (job !== undefined) return job
      }
      return null
    } catch (error) {
      if (stateOf(error) !== uniqueViolation) throw error
    }
  }
}

export interface Beat {
  readonly cancel_requested: boolean
}

/** Says that its worker lives, and how far it is; null when it has it no more. */
export async function beat(db: Queryable, job: Job, progress: object | null): Promise<Beat | null> {
  const [row] = await db.query<Beat>(
    'code.beatJob',
    `update public.indexing_jobs set heartbeat_at = now(), progress = coalesce($3, progress), updated_at = now()
     where id = $1 and lease = $2 and status = 'in_progress' returning cancel_requested`,
    [job.id, job.lease, progress === null ? null : jsonText(progress)],
  )
  return row ?? null
}

/** The job is another's by now, or is gone with its repository. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Its user has asked for its end. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/**
 * At the end of a transaction that writes: nobody can take the job, nor cancel it, until what was written is there. Before
 * the writing it would hold up heartbeats and cancellations for as long. @throws LeaseLost, Cancelled
 */
export async function holdLease(transaction: Queryable, job: Job): Promise<void> {
  const [row] = await transaction.query<Beat>(
    'code.holdLease',
    `select cancel_requested from public.indexing_jobs where id = $1 and lease = $2 and status = 'in_progress' for share`,
    [job.id, job.lease],
  )
  if (row === undefined) throw new LeaseLost('the job has another worker, or none')
  if (row.cancel_requested) throw new Cancelled('cancelled')
}

export async function addEvent(
  db: Queryable,
  job: Job,
  type: string,
  message: string | null,
  context: object = {},
): Promise<void> {
  await db.query(
    'code.addJobEvent',
    `insert into public.indexing_job_events (job_id, event_type, message, context)
     select id, $2, $3, $4 from public.indexing_jobs where id = $1`,
    [job.id, type, message, jsonText(context)],
  )
}

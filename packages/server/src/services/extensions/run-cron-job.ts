/** One run of one job: in a session of its owner that is made for it and ends with it, recorded as pg_cron does. */
import { DatabaseError, decodeRows, openSession } from '#base/db'
import type { ConnectionOptions, Database, DedicatedSession, Result } from '#base/db'
import { sql } from '#base/sql'
import { runOwn } from './run-own.ts'

export interface CronJob {
  readonly jobid: number
  readonly schedule: string
  readonly command: string
  readonly database: string
  readonly username: string
}

/**
 * How to connect as a role: as that role itself, never as one that could become it, for the job's SQL could go back to
 * whoever connected. Null where that is not possible.
 */
export type ConnectAs = (username: string, database: string) => ConnectionOptions | null

export interface RunContext {
  readonly db: Database
  readonly connectAs: ConnectAs
  /** Ends the run: the lock is lost, or we are closing. */
  readonly signal: AbortSignal
}

/** Resolves to how the run has ended, once it is recorded; rejects when it could not be recorded. */
export async function runCronJob(context: RunContext, job: CronJob): Promise<Outcome['status']> {
  const runId = await beginRun(context.db, job)
  const outcome = await execute(context, job, runId)
  await runOwn(
    context.db,
    sql`/* extensions.endRun */
      update cron.job_run_details
      set status = ${outcome.status}, return_message = ${outcome.message}, end_time = clock_timestamp(),
        start_time = coalesce(start_time, clock_timestamp())
      where runid = ${runId}::int8`,
  )
  return outcome.status
}

interface Outcome {
  readonly status: 'succeeded' | 'failed'
  readonly message: string
}

const failed = (message: string): Outcome => ({ status: 'failed', message })

async function beginRun(db: Database, job: CronJob): Promise<number> {
  const results = await runOwn(
    db,
    sql`/* extensions.beginRun */
      insert into cron.job_run_details (jobid, runid, database, username, command, status)
      values (${job.jobid}::int8, nextval('cron.runid_seq'), ${job.database}, ${job.username}, ${job.command}, 'starting')
      returning runid`,
  )
  return decodeRows<{ runid: number }>(results[0] as Result)[0]?.runid ?? 0
}

async function execute(context: RunContext, job: CronJob, runId: number): Promise<Outcome> {
  const { db, connectAs, signal } = context
  const connection = connectAs(job.username, job.database)
  if (connection === null) {
    return failed(
      `connection failed: jobs of role "${job.username}" cannot run here, this server cannot connect as that role`,
    )
  }
  let session: DedicatedSession
  try {
    session = await openSession({ ...connection, applicationName: 'pg_cron' })
  } catch (error) {
    return failed(`connection failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  const stop = (): void => session.cancel()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) return failed('the worker was stopped')
    await noteRunning(db, session, runId)
    return await runCommand(session, job.command)
  } finally {
    signal.removeEventListener('abort', stop)
    session.close()
  }
}

async function noteRunning(db: Database, session: DedicatedSession, runId: number): Promise<void> {
  const [own] = await session.rows<{ pid: number }>(
    sql`/* extensions.jobPid */ select pg_catalog.pg_backend_pid() as pid`,
  )
  await runOwn(
    db,
    sql`/* extensions.noteRunning */
      update cron.job_run_details
      set status = 'running', job_pid = ${own?.pid ?? 0}::int4, start_time = clock_timestamp()
      where runid = ${runId}::int8`,
  )
}

/** `INSERT 0 1` for a command, `3 rows` for a query, the error as libpq words it. */
async function runCommand(session: DedicatedSession, command: string): Promise<Outcome> {
  try {
    const end = await session.script('cron.command', command)
    if (end?.hasRows !== true) return { status: 'succeeded', message: end?.tag ?? '0 rows' }
    const count = /\d+$/.exec(end.tag)?.[0] ?? '0'
    return { status: 'succeeded', message: count === '1' ? '1 row' : `${count} rows` }
  } catch (error) {
    return failed(error instanceof DatabaseError ? describe(error, command) : 'connection lost')
  }
}

function describe(
  { severity, message, detail, hint, where, position }: DatabaseError,
  command: string,
): string {
  const lines = [`${severity}:  ${message}`]
  if (position !== null) lines.push(...pointAt(command, position))
  if (detail !== null) lines.push(`DETAIL:  ${detail}`)
  if (hint !== null) lines.push(`HINT:  ${hint}`)
  if (where !== null) lines.push(`CONTEXT:  ${where}`)
  return `${lines.join('\n')}\n`
}

/** `LINE 1: selct 1` and a `^` under the place, which counts characters from 1. */
function pointAt(command: string, position: number): string[] {
  const before = Array.from(command)
    .slice(0, position - 1)
    .join('')
  const start = before.lastIndexOf('\n') + 1
  const label = `LINE ${before.split('\n').length}: `
  const line = command.slice(start).split('\n', 1)[0] ?? ''
  return [
    `${label}${line}`,
    `${' '.repeat(label.length + Array.from(before.slice(start)).length)}^`,
  ]
}

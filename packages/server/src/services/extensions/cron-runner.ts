/** Runs what is due: one timer for the next job, nothing asked of Postgres in between. */
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { sql } from '#base/sql'
import { nextTime, parseSchedule } from './cron-schedule.ts'
import type { Schedule } from './cron-schedule.ts'
import type { JobCounts } from './job-counts.ts'
import { Retry } from './retry.ts'
import { runCronJob } from './run-cron-job.ts'
import type { ConnectAs, CronJob } from './run-cron-job.ts'
import { runOwn } from './run-own.ts'

export interface CronRunnerOptions {
  readonly db: Database
  readonly connectAs: ConnectAs
  readonly clock: Clock
  readonly log: Log
  readonly counts: JobCounts
  /** Ends what runs. */
  readonly signal: AbortSignal
  /** Asked before jobs are run: whether this node is still the one. */
  readonly isLeader: () => Promise<boolean>
}

export interface CronRunner {
  /** The jobs have changed. */
  reload(): void
  /** Resolves when nothing runs any more. */
  readonly idle: () => Promise<void>
}

/** As `cron.max_running_jobs`, for a Postgres with 60 connections. */
const maxRunning = 8
/** A run that comes this late (the machine slept) is missed, not caught up with. */
const maxLateMs = 60_000
/** Runs that were due while the one before was still going on; pg_cron counts them too. */
const maxPending = 10
/** Timers stand still while the machine sleeps: the time of day is looked at this often, in time for what is not late yet. */
const maxTimerMs = 20_000
/** A clock set back by more was wrong before; by less, hours that are named do not come twice. */
const repeatedMs = 3 * 60 * 60_000

interface Entry {
  job: CronJob
  schedule: Schedule
  /** Milliseconds since the epoch; null for never. */
  nextMs: number | null
  running: boolean
  pending: number
}

export function openCronRunner(options: CronRunnerOptions): CronRunner {
  const runner = new Runner(options)
  void runner.begin()
  return { reload: () => runner.reload(), idle: () => runner.idle() }
}

class Runner {
  readonly #options: CronRunnerOptions
  readonly #retry: Retry
  readonly #entries = new Map<number, Entry>()
  readonly #running = new Set<Promise<void>>()
  #reloading: Promise<void> | null = null
  #stale = false
  #isFirst = true
  #timer: NodeJS.Timeout | null = null
  #lookedMs = 0

  constructor(options: CronRunnerOptions) {
    this.#options = options
    this.#retry = new Retry(options.signal)
    options.signal.addEventListener('abort', () => this.#stopTimer(), { once: true })
  }

  /** What a worker that is gone had begun has no end: it is closed, never run again. */
  async begin(): Promise<void> {
    try {
      await runOwn(
        this.#options.db,
        sql`/* extensions.closeRuns */
          update cron.job_run_details
          set status = 'failed', return_message = 'server restarted', end_time = clock_timestamp()
          where status in ('starting', 'running', 'sending', 'connecting')`,
      )
    } catch (error) {
      this.#warn('pg_cron: earlier runs cannot be closed', error)
    }
    this.reload()
  }

  reload(): void {
    this.#stale = true
    this.#reloading ??= this.#reloadAll().finally(() => (this.#reloading = null))
  }

  async idle(): Promise<void> {
    await this.#reloading
    await Promise.all(this.#running)
  }

  async #reloadAll(): Promise<void> {
    while (this.#stale && !this.#options.signal.aborted) {
      this.#stale = false
      try {
        this.#take(await this.#readJobs())
        this.#retry.succeeded()
      } catch (error) {
        if (this.#retry.after(() => this.reload()))
          this.#warn('pg_cron: the jobs cannot be read', error)
      }
    }
  }

  async #readJobs(): Promise<readonly CronJob[]> {
    const results = await runOwn(
      this.#options.db,
      sql`/* extensions.readJobs */
        select jobid, schedule, command, database, username from cron.job where active order by jobid`,
    )
    return decodeRows<CronJob>(results[0] as Result)
  }

  #take(jobs: readonly CronJob[]): void {
    const now = this.#options.clock.now()
    const ids = new Set(jobs.map(({ jobid }) => jobid))
    for (const id of this.#entries.keys()) if (!ids.has(id)) this.#entries.delete(id)
    for (const job of jobs) this.#enter(job, now)
    if (this.#isFirst) {
      for (const entry of this.#entries.values())
        if (entry.schedule.kind === 'start') this.#start(entry)
    }
    this.#isFirst = false
    this.#arm()
  }

  #enter(job: CronJob, now: number): void {
    const known = this.#entries.get(job.jobid)
    if (known !== undefined && known.job.schedule === job.schedule) {
      known.job = job
      return
    }
    const schedule = parseSchedule(job.schedule)
    if (schedule === null) {
      this.#warn('pg_cron: a job has no valid schedule', job.schedule)
      this.#entries.delete(job.jobid)
      return
    }
    const nextMs = dueAfter(schedule, now)
    this.#entries.set(job.jobid, {
      job,
      schedule,
      nextMs,
      running: known?.running ?? false,
      pending: 0,
    })
  }

  #arm(): void {
    this.#stopTimer()
    if (this.#options.signal.aborted) return
    const times = Array.from(this.#entries.values(), ({ nextMs }) => nextMs ?? Infinity)
    const nextMs = Math.min(Infinity, ...times)
    if (nextMs === Infinity) return
    const delay = Math.min(maxTimerMs, Math.max(0, nextMs - this.#options.clock.now()))
    this.#timer = setTimeout(() => void this.#tick(), delay)
    this.#timer.unref()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  async #tick(): Promise<void> {
    const now = this.#options.clock.now()
    this.#followClock(now)
    const due = [...this.#entries.values()].filter(({ nextMs }) => nextMs !== null && nextMs <= now)
    const inTime = due.filter((entry) => isInTime(entry, now))
    for (const entry of due) entry.nextMs = dueAfter(entry.schedule, now)
    this.#arm()
    if (inTime.length === 0 || !(await this.#options.isLeader())) return
    for (const entry of inTime) this.#start(entry)
  }

  /** A clock that was set back has left what is due next in the future. */
  #followClock(now: number): void {
    const backMs = this.#lookedMs - now
    this.#lookedMs = now
    if (backMs < maxLateMs) return
    for (const entry of this.#entries.values()) {
      if (backMs > repeatedMs || isOfEveryHour(entry.schedule))
        entry.nextMs = dueAfter(entry.schedule, now)
    }
  }

  #start(entry: Entry): void {
    const isGone = this.#entries.get(entry.job.jobid) !== entry
    if (this.#options.signal.aborted || isGone) return
    if (entry.running || this.#running.size >= maxRunning) {
      // an interval counts from the last run: what did not begin in time is not owed
      if (entry.schedule.kind !== 'interval')
        entry.pending = Math.min(entry.pending + 1, maxPending)
      return
    }
    entry.running = true
    const run = this.#run(entry).finally(() => {
      this.#running.delete(run)
      entry.running = false
      this.#startPending()
    })
    this.#running.add(run)
  }

  async #run(entry: Entry): Promise<void> {
    try {
      const status = await runCronJob(this.#options, entry.job)
      this.#options.counts.cron[status]++
    } catch (error) {
      this.#warn('pg_cron: a run cannot be recorded', error)
      this.reload()
    }
  }

  #startPending(): void {
    for (const entry of this.#entries.values()) {
      if (entry.pending === 0 || entry.running) continue
      if (this.#running.size >= maxRunning) return
      entry.pending--
      this.#start(entry)
    }
  }

  #warn(message: string, error: unknown): void {
    if (this.#options.signal.aborted) return
    this.#options.log.warn(message, {
      error: error instanceof Error ? error.message : String(error),
    })
  }
}

/** Also where earlier runs were missed. */
function isInTime({ schedule, nextMs }: Entry, now: number): boolean {
  if (schedule.kind === 'interval') return true
  const lastMs = dueAfter(schedule, Math.max((nextMs ?? now) - 1, now - maxLateMs))
  return lastMs !== null && lastMs <= now
}

function isOfEveryHour(schedule: Schedule): boolean {
  return (
    schedule.kind === 'interval' || (schedule.kind === 'times' && schedule.times.hours.size === 24)
  )
}

function dueAfter(schedule: Schedule, now: number): number | null {
  if (schedule.kind === 'interval') return now + schedule.seconds * 1_000
  return schedule.kind === 'times' ? nextTime(schedule.times, now) : null
}

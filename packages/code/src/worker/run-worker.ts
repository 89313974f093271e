/** The worker: woken by NOTIFY, by a slow poll as a net; so many jobs at a time, each with a heartbeat. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CodeConfig } from '#config'
import { listen } from '#postgres'
import type { Database } from '#postgres'
import { indexRepository, newProgress, sweepCache } from '#indexing'
import { CodeError, messageOf } from '#core'
import type { Log } from '#core'
import { openParser } from '#parse'
import type { SourceParser } from '#parse'
import {
  beat,
  Cancelled,
  claimJob,
  delayOf,
  endJob,
  LeaseLost,
  recoverJobs,
  releaseJob,
  retryJob,
  sweepHistory,
} from '#queue'
import type { Job } from '#queue'
import { checkPlaces } from './check-places.ts'

export interface WorkerOptions {
  readonly db: Database
  readonly config: CodeConfig
  readonly log: Log
}

export interface RunningWorker {
  /** Gives its jobs back. */
  close(): Promise<void>
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  await checkPlaces(options.config)
  const worker = new JobWorker(options)
  await worker.start()
  return worker
}

const progressMs = 500
const sweepMs = 3_600_000

class JobWorker implements RunningWorker {
  readonly #options: WorkerOptions
  readonly #parser: SourceParser
  readonly #running = new Map<Job, AbortController>()
  readonly #ends = new Set<Promise<void>>()
  #listening: { close(): Promise<void> } | null = null
  #timer: NodeJS.Timeout | null = null
  #claiming: Promise<void> | null = null
  #sweptAtMs = -Infinity
  #isWoken = false
  #isClosed = false

  constructor(options: WorkerOptions) {
    this.#options = options
    const { parserThreads, parseTimeoutMs } = options.config
    this.#parser = openParser(parserThreads, parseTimeoutMs)
  }

  async start(): Promise<void> {
    const { config, log } = this.#options
    this.#listening = await listen({
      url: config.directUrl,
      channels: ['code_jobs'],
      onNotification: () => this.#wake(),
      onConnected: () => this.#wake(),
      timeoutMs: config.queryTimeoutMs,
      log,
    })
    this.#timer = setInterval(() => void this.#poll(), config.pollMs)
    await this.#poll()
  }

  async #poll(): Promise<void> {
    const { db, config, log } = this.#options
    try {
      const recovered = await recoverJobs(db, config.staleMs)
      if (recovered > 0) log('warn', 'jobs were taken from workers that are gone', { recovered })
      if (performance.now() - this.#sweptAtMs > sweepMs) {
        this.#sweptAtMs = performance.now()
        await sweepCache(db, config)
        await sweepHistory(db)
      }
    } catch (error) {
      log('warn', 'the queue cannot be read', { error: messageOf(error) })
    }
    this.#wake()
  }

  #wake(): void {
    this.#isWoken = true
    this.#claiming ??= this.#claim().finally(() => {
      this.#claiming = null
      // woken since it last looked
      if (this.#isWoken && !this.#isClosed && this.#running.size < this.#options.config.concurrency)
        this.#wake()
    })
  }

  async #claim(): Promise<void> {
    const { db, config, log } = this.#options
    while (this.#isWoken && !this.#isClosed && this.#running.size < config.concurrency) {
      this.#isWoken = false
      try {
        const job = await claimJob(db)
        if (job === null) continue
        this.#isWoken = true
        const end = this.#run(job).finally(() => {
          this.#ends.delete(end)
          this.#wake()
        })
        this.#ends.add(end)
      } catch (error) {
        log('warn', 'no job can be taken', { error: messageOf(error) })
      }
    }
  }

  async #run(job: Job): Promise<void> {
    const { db, config, log } = this.#options
    const controller = new AbortController()
    this.#running.set(job, controller)
    const progress = newProgress()
    const beating = this.#beat(job, progress, controller)
    const timer = setTimeout(
      () =>
        controller.abort(new CodeError('payload_too_large', { message: 'The job took too long.' })),
      config.jobTimeoutMs,
    )
    const startedAt = performance.now()
    try {
      const { signal } = controller
      await indexRepository({ db, config, parser: this.#parser }, job, progress, signal)
      log('info', 'a job is done', { job: job.id, ms: Math.round(performance.now() - startedAt) })
    } catch (error) {
      await this.#fail(job, controller.signal.aborted ? controller.signal.reason : error)
    } finally {
      clearTimeout(timer)
      controller.abort(new LeaseLost('ended'))
      this.#running.delete(job)
      await beating
    }
  }

  /** However it went wrong, it is said in the job; where not even that works, its heartbeat stops. */
  async #fail(job: Job, error: unknown): Promise<void> {
    const { db, log } = this.#options
    const message = messageOf(error).slice(0, 1_000)
    log('warn', 'a job failed', { job: job.id, attempt: job.attempts, error: message })
    try {
      if (error instanceof LeaseLost) return
      if (error instanceof Released) await releaseJob(db, job)
      else if (error instanceof Cancelled)
        await endJob(db, job, 'cancelled', 'cancelled by its user')
      else if (error instanceof CodeError && error.type !== 'unavailable')
        await endJob(db, job, 'failed', message)
      else await retryJob(db, job, message, delayOf(job.attempts))
    } catch (failure) {
      log('warn', 'the end of a job was not written', { job: job.id, error: messageOf(failure) })
    }
  }

  async #beat(job: Job, progress: object, controller: AbortController): Promise<void> {
    const { db, config } = this.#options
    const { signal } = controller
    const abort = (reason: Error): void => controller.abort(reason)
    const intervalMs = Math.min(progressMs, config.staleMs / 4)
    let lastHeardMs = performance.now()
    while (!signal.aborted) {
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      try {
        const answer = await beat(db, job, progress)
        if (answer === null) return abort(new LeaseLost('the job has another worker'))
        if (answer.cancel_requested) return abort(new Cancelled('cancelled'))
        lastHeardMs = performance.now()
      } catch {
        // others may have taken it by now
        if (performance.now() - lastHeardMs > config.staleMs)
          return abort(new LeaseLost('the database was away for too long'))
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#listening?.close()
    for (const controller of this.#running.values())
      controller.abort(new Released('the worker ends'))
    await Promise.all([...this.#ends, this.#claiming])
    await this.#parser.close()
  }
}

class Released extends Error {
  override readonly name = 'Released'
}

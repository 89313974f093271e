/** The worker behind pg_net and pg_cron: woken by NOTIFY, working on one node, beside the real extensions not at all. */
import type { ConnectionOptions, Database } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { openCronRunner } from './cron-runner.ts'
import type { CronRunner } from './cron-runner.ts'
import { createJobCounts } from './job-counts.ts'
import type { JobCounts } from './job-counts.ts'
import { seekLeadership } from './leadership.ts'
import type { Leadership } from './leadership.ts'
import { openNetQueue } from './net-queue.ts'
import type { NetQueue } from './net-queue.ts'
import { readPresence, readQueues, readWork } from './presence.ts'
import type { JobQueues, Presence } from './presence.ts'
import type { ConnectAs } from './run-cron-job.ts'
import { createSender } from './send-request.ts'

export interface ExtensionsWorkerOptions {
  /**
   * Connected as a role with rights on the queue and the jobs only: what is there by their names may be the project's.
   * Reads them, and records what became of them.
   */
  readonly db: Database
  /** Where notifications are listened for; one connection, whatever else listens there. */
  readonly listenOn: Database
  /** Of the session that holds the lock: the same user and database as `db`. */
  readonly connection: ConnectionOptions
  readonly connectAs: ConnectAs
  /** The project's URL, for requests to the names its gateway has among Supabase's containers. */
  readonly externalUrl: string
  /** Whether requests may reach this machine and private networks. */
  readonly privateNetworks: boolean
  readonly clock: Clock
  readonly log: Log
  /** Kept up to date for metrics. */
  readonly counts?: JobCounts
}

export interface ExtensionsWorker {
  /** Stops jobs and requests under way, and gives the lock back. What was queued stays. */
  close(): Promise<void>
  /** Whether there are active jobs, or requests that wait: nobody else would see to them. */
  hasWork(): Promise<boolean>
  /** What waits and what is planned, for metrics. */
  queues(): Promise<JobQueues>
}

/** Resolves when notifications are heard. Without pg_net and pg_cron it waits for one of them to be created. */
export async function openExtensionsWorker(
  options: ExtensionsWorkerOptions,
): Promise<ExtensionsWorker> {
  const worker = new Worker(options)
  await worker.open()
  return {
    close: () => worker.close(),
    hasWork: () => worker.hasWork(),
    queues: () => worker.queues(),
  }
}

/** Something that runs until `stop`, or until its leader's signal. */
interface Part<T> {
  readonly runs: T
  readonly stop: AbortController
}

class Worker {
  readonly #options: ExtensionsWorkerOptions
  readonly #sender
  readonly #counts = createJobCounts()
  #stopListening: (() => void)[] = []
  #presence: Presence = { net: false, cron: false }
  #checking: Promise<void> = Promise.resolve()
  #leadership: Leadership | null = null
  #leading: AbortSignal | null = null
  #net: Part<NetQueue> | null = null
  #cron: Part<CronRunner> | null = null
  #closed = false

  constructor(options: ExtensionsWorkerOptions) {
    this.#options = options
    this.#sender = createSender(options)
  }

  async open(): Promise<void> {
    const { listenOn } = this.#options
    const check = (): void => void this.#check()
    const hear = async (channel: string, wake: () => void): Promise<void> => {
      const onNotify = (payload: string): void => (payload === 'restart' ? check() : wake())
      this.#stopListening.push(await listenOn.listen(channel, onNotify, check))
    }
    await hear('basalt_net', () => this.#net?.runs.wake())
    await hear('basalt_cron', () => this.#cron?.runs.reload())
    await this.#check()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const stop of this.#stopListening) stop()
    await this.#checking
    const [net, cron] = [this.#net, this.#cron]
    this.#leadership?.resign()
    await net?.runs.idle()
    await cron?.runs.idle()
    this.#sender.close()
  }

  async hasWork(): Promise<boolean> {
    await this.#checking
    return readWork(this.#options.db, this.#presence)
  }

  queues(): Promise<JobQueues> {
    return readQueues(this.#options.db, this.#presence)
  }

  /** Created, dropped, or a gap in what was heard: what is there now, and what is waiting. */
  #check(): Promise<void> {
    return (this.#checking = this.#checking.then(async () => {
      if (this.#closed) return
      try {
        this.#presence = await readPresence(this.#options.db)
      } catch (error) {
        this.#options.log.warn('the extensions of the database cannot be read', {
          error: error instanceof Error ? error.message : String(error),
        })
      }
      this.#adjust()
    }))
  }

  #adjust(): void {
    const { net, cron } = this.#presence
    if (!net && !cron) {
      this.#leadership?.resign()
      this.#leadership = null
      this.#leading = null
    } else if (this.#leadership === null) {
      this.#leadership = seekLeadership(this.#options.connection, (signal) => this.#lead(signal))
    } else if (this.#leading !== null) this.#openParts(this.#leading)
  }

  #lead(signal: AbortSignal): void {
    this.#leading = signal
    signal.addEventListener('abort', () => {
      if (this.#leading === signal) this.#leading = null
      this.#net = null
      this.#cron = null
    })
    this.#openParts(signal)
  }

  /** Opens what is there and not yet open, wakes what is open, stops what is gone. */
  #openParts(leading: AbortSignal): void {
    const { db, connectAs, clock, log, counts = this.#counts } = this.#options
    const open = <T>(begin: (signal: AbortSignal) => T): Part<T> => {
      const stop = new AbortController()
      return { runs: begin(AbortSignal.any([leading, stop.signal])), stop }
    }
    this.#net?.runs.wake()
    this.#cron?.runs.reload()
    if (!this.#presence.net) this.#net = end(this.#net)
    else
      this.#net ??= open((signal) =>
        openNetQueue({ db, sender: this.#sender, log, signal, counts }),
      )
    const isLeader = async (): Promise<boolean> => (await this.#leadership?.confirm()) === true
    if (!this.#presence.cron) this.#cron = end(this.#cron)
    else {
      this.#cron ??= open((signal) =>
        openCronRunner({ db, connectAs, clock, log, signal, isLeader, counts }),
      )
    }
  }
}

function end(part: Part<unknown> | null): null {
  part?.stop.abort()
  return null
}

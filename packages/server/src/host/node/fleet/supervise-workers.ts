/** Several processes on one port: started, started again when one ends, replaced one after the other. */
import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { renderTogether } from '#host/gateway'
import type { MetricsSnapshot } from '#host/gateway'
import type { Config } from '#base/config'
import { textResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { createSequence } from '#base/kernel'
import type { Log } from '#base/kernel'
import { StartError } from '#host/node/core'
import { serveAdmin, serveMetrics } from '#host/node/http'
import type { Listening } from '#host/node/http'
import { slotArgument } from './worker.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

export interface Supervisor {
  readonly url: string
  readonly port: number
  readonly adminUrl: string
  readonly studioUrl: string | null
  /** A new process for each, the old one ending when the new one answers. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface SupervisorOptions {
  readonly config: Config
  readonly workdir: string
  readonly log: Log
  /** Every process ended as soon as it was started. */
  readonly onFailure: (error: Error) => void
}

/** A process that ended is started again after this long, so that one that cannot run does not keep a processor busy. */
const restartMs = 1_000
const metricsWithinMs = 2_000
/** Beyond `basalt.shutdown_timeout`, for closing what is left. */
const endWithinMs = 10_000

interface Running {
  readonly worker: Worker
  readonly slot: number
  isEnding: boolean
}

/** Rejects with a `StartError` when the first processes cannot start, none left running. */
export async function superviseWorkers(options: SupervisorOptions): Promise<Supervisor> {
  // the kernel shares connections out: through this process each would cost a message
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const supervisor = new WorkerSupervisor(options)
  try {
    return await supervisor.start()
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

class WorkerSupervisor {
  readonly #options: SupervisorOptions
  #workers: Running[] = []
  #admin: Listening | null = null
  #metrics: Listening | null = null
  #isStopping = false
  readonly #inTurn = createSequence()
  #nextId = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  async start(): Promise<Supervisor> {
    const { config } = this.#options
    this.#admin = await serveAdmin(this.#options, (request) => this.#handleAdmin(request))
    this.#metrics = await serveMetrics(this.#options, (request) => this.#handleAdmin(request))
    // the first alone: it may have the control database to bring up to date
    const { url, port, studioUrl } = await this.#fork()
    const others = Array.from({ length: config['basalt.fleet.workers'] - 1 })
    await Promise.all(others.map(() => this.#fork()))
    return {
      url,
      port,
      studioUrl,
      adminUrl: `http://${this.#admin.host}:${this.#admin.port}`,
      restart: () => this.#inTurn(() => this.#replaceAll()),
      stop: () => this.stop(),
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const endAll = (): Promise<unknown> =>
      Promise.all(this.#workers.map((running) => this.#end(running)))
    await endAll()
    // one that was being started in place of another
    await this.#inTurn(() => Promise.resolve())
    await endAll()
    await this.#admin?.close(1_000)
    await this.#metrics?.close(1_000)
    this.#admin = this.#metrics = null
  }

  /** Resolves when it answers requests. */
  #fork(): Promise<Extract<FromWorker, { type: 'ready' }>> {
    const slot = this.#freeSlot()
    cluster.setupPrimary({ args: [...process.argv.slice(2), slotArgument(slot)] })
    const worker = cluster.fork()
    const running: Running = { worker, slot, isEnding: false }
    this.#workers.push(running)
    return new Promise((resolve, reject) => {
      let isReady = false
      let reason = 'a worker ended while it was starting'
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'failed') reason = message.message
        if (message.type !== 'ready') return
        isReady = true
        resolve(message)
      })
      worker.once('exit', (code, signal) => {
        this.#workers = this.#workers.filter((other) => other !== running)
        if (!isReady) reject(new StartError('config', reason))
        else if (!running.isEnding && !this.#isStopping) this.#again(code, signal)
      })
    })
  }

  #again(code: number, signal: string): void {
    const { log, onFailure } = this.#options
    log.error('a worker has ended; it is started again', { code, signal })
    setTimeout(() => {
      if (this.#isStopping) return
      this.#fork().catch((error: unknown) => {
        log.error('a worker could not be started again', { error: String(error) })
        if (this.#workers.length === 0)
          onFailure(new Error('No worker runs any more.', { cause: error }))
        else this.#again(1, '')
      })
    }, restartMs)
  }

  async #replaceAll(): Promise<void> {
    for (const running of this.#workers.filter(({ isEnding }) => !isEnding)) {
      if (this.#isStopping) return
      await this.#fork()
      await this.#end(running)
    }
  }

  async #end(running: Running): Promise<void> {
    const { worker } = running
    running.isEnding = true
    if (worker.isDead()) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.process.kill('SIGTERM')
    const patienceMs = this.#options.config['basalt.shutdown_timeout'] + endWithinMs
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), patienceMs)
    await ended
    clearTimeout(timer)
  }

  #freeSlot(): number {
    const taken = new Set(this.#workers.map(({ slot }) => slot))
    let slot = 0
    while (taken.has(slot)) slot++
    return slot
  }

  async #handleAdmin({ path }: HttpRequest): Promise<HttpResponse> {
    if (path === '/health') return textResponse(this.#workers.length > 0 ? 200 : 503, 'OK')
    if (path !== '/metrics') return textResponse(404, 'Here are /metrics and /health\n')
    const snapshots = await Promise.all(this.#workers.map(({ worker }) => this.#metricsOf(worker)))
    return textResponse(200, await renderTogether(snapshots.flatMap((each) => each ?? [])))
  }

  /** Null where a worker does not answer. */
  #metricsOf(worker: Worker): Promise<MetricsSnapshot | null> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      const done = (snapshot: MetricsSnapshot | null): void => {
        clearTimeout(timer)
        worker.off('message', hear)
        resolve(snapshot)
      }
      const hear = (message: FromWorker): void => {
        if (message.type === 'metrics' && message.id === id) done(message.snapshot)
      }
      const timer = setTimeout(() => done(null), metricsWithinMs)
      worker.on('message', hear)
      const question: ToWorker = { type: 'metrics', id }
      worker.send(question, (error) => {
        if (error !== null) done(null)
      })
    })
  }
}

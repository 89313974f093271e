/** The workers of a project: one for each function that is called, started with its first call, stopped when nobody calls. */
import type { Limits, RunnableFunction } from '#services/functions/core'
import { CallFailure } from '#services/functions/core'
import type { FunctionWorker, StartWorker, StopReason } from './function-worker.ts'

export interface PoolOptions {
  readonly limits: Limits
  readonly start: StartWorker
  /** A new worker for each call. */
  readonly oneshot: boolean
  readonly now: () => number
}

/** Calls of a function that wait, as a multiple of those that may run. */
const waitingPerCall = 10
const maxWaitMs = 10_000
const watchEveryMs = 50
/** A function that does not start is not tried again before. */
const retryMs = 1000

interface Slot {
  /** The one that is called; null while it starts or does not. */
  worker: FunctionWorker | null
  starting: Promise<FunctionWorker> | null
  startingVersion: string
  failure: { readonly version: string; readonly error: unknown; readonly untilMs: number } | null
  /** Calls that look again when one has ended. */
  readonly waiting: (() => void)[]
}

export class WorkerPool {
  readonly #options: PoolOptions
  readonly #slots = new Map<string, Slot>()
  /** All that live, those being stopped too. */
  readonly #workers = new Set<FunctionWorker>()
  #starting = 0
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Workers that live or are being started. */
  get size(): number {
    return this.#workers.size + this.#starting
  }

  /** Runs `work` with a worker of this version of the function. @throws CallFailure */
  async run<T>(fn: RunnableFunction, work: (worker: FunctionWorker) => Promise<T>): Promise<T> {
    const worker = this.#ready(fn) ?? (await this.#acquire(fn))
    try {
      return await work(worker)
    } finally {
      if (this.#options.oneshot) this.#retireWhenDone(worker)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#wake()
    await Promise.all([...this.#workers].map((worker) => worker.stop('termination')))
  }

  /** Without waiting, the way of nearly every call. */
  #ready({ slug, version }: RunnableFunction): FunctionWorker | null {
    if (this.#options.oneshot) return null
    const worker = this.#slots.get(slug)?.worker
    if (!worker?.isUsable || worker.fn.version !== version) return null
    return worker.active < this.#options.limits.concurrency ? worker : null
  }

  async #acquire(fn: RunnableFunction): Promise<FunctionWorker> {
    const { now, oneshot } = this.#options
    const untilMs = now() + maxWaitMs
    const slot = this.#slotOf(fn.slug)
    for (;;) {
      if (this.#closed) throw new CallFailure('gone', 'The server is shutting down')
      const ready = this.#ready(fn)
      if (ready !== null) return ready
      if (oneshot && this.#hasRoom()) return this.#start(fn)
      if (!oneshot) {
        this.#retireOld(slot, fn)
        if (slot.worker === null) {
          const worker = await this.#startInSlot(slot, fn)
          if (worker !== null) continue
        }
      }
      await this.#wait(slot, untilMs)
    }
  }

  #slotOf(slug: string): Slot {
    const known = this.#slots.get(slug)
    if (known !== undefined) return known
    const slot: Slot = {
      worker: null,
      starting: null,
      startingVersion: '',
      failure: null,
      waiting: [],
    }
    this.#slots.set(slug, slot)
    return slot
  }

  /** A worker of another version, or at its end, finishes what it has. */
  #retireOld(slot: Slot, { version }: RunnableFunction): void {
    const { worker } = slot
    if (worker === null || (worker.isUsable && worker.fn.version === version)) return
    slot.worker = null
    this.#retireWhenDone(worker)
  }

  /** Null where there is no room now. */
  async #startInSlot(slot: Slot, fn: RunnableFunction): Promise<FunctionWorker | null> {
    const { failure } = slot
    if (failure !== null && failure.version === fn.version && this.#options.now() < failure.untilMs)
      throw failure.error
    if (slot.starting === null || slot.startingVersion !== fn.version) {
      if (!this.#hasRoom()) return null
      slot.startingVersion = fn.version
      const starting = this.#start(fn)
      slot.starting = starting
      starting
        .then((worker) => {
          if (slot.starting === starting) slot.worker = worker
          else this.#retireWhenDone(worker)
          slot.failure = null
        })
        .catch((error: unknown) => {
          slot.failure = { version: fn.version, error, untilMs: this.#options.now() + retryMs }
        })
        .finally(() => {
          if (slot.starting === starting) slot.starting = null
        })
    }
    return slot.starting
  }

  async #start(fn: RunnableFunction): Promise<FunctionWorker> {
    this.#starting++
    try {
      const worker = await this.#options.start(fn)
      if (this.#closed) {
        await worker.stop('termination')
        throw new CallFailure('gone', 'The server is shutting down')
      }
      this.#workers.add(worker)
      worker.onEnd = () => this.#slots.get(fn.slug)?.waiting.shift()?.()
      this.#timer ??= setInterval(() => this.#watch(), watchEveryMs).unref()
      return worker
    } finally {
      this.#starting--
      this.#wake()
    }
  }

  /** Makes some, where a worker has nothing to do. */
  #hasRoom(): boolean {
    if (this.size < this.#options.limits.workers) return true
    const idle = [...this.#workers].filter(({ isBusy, isUsable }) => isUsable && !isBusy)
    const [longest] = idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs)
    if (longest !== undefined) this.#stop(longest, 'early_drop')
    return false
  }

  async #wait({ waiting }: Slot, untilMs: number): Promise<void> {
    const { limits, now } = this.#options
    const leftMs = untilMs - now()
    if (leftMs <= 0) throw new CallFailure('busy', `no worker was free for ${maxWaitMs / 1000} s`)
    if (waiting.length >= limits.concurrency * waitingPerCall)
      throw new CallFailure('busy', 'too many calls wait already')
    await new Promise<void>((resolve) => {
      const look = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(look), 1)
        resolve()
      }, leftMs)
      waiting.push(look)
    })
  }

  /** There may be room for workers now: all that wait look again. */
  #wake(): void {
    for (const { waiting } of this.#slots.values()) for (const look of waiting.splice(0)) look()
  }

  #watch(): void {
    const nowMs = this.#options.now()
    for (const worker of this.#workers) {
      worker.watch(nowMs)
      if (!worker.isUsable && !worker.isBusy) this.#stop(worker, 'wall_clock')
      else if (!worker.isBusy && nowMs - worker.idleSinceMs > this.#options.limits.idleMs)
        this.#stop(worker, 'early_drop')
    }
    if (this.#workers.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  /** `#watch` stops it once it has nothing to do. */
  #retireWhenDone(worker: FunctionWorker): void {
    worker.retire()
    if (!worker.isBusy) this.#stop(worker, 'early_drop')
  }

  #stop(worker: FunctionWorker, reason: StopReason): void {
    const slot = this.#slots.get(worker.fn.slug)
    if (slot?.worker === worker) slot.worker = null
    worker.retire()
    void worker.stop(reason).finally(() => {
      this.#workers.delete(worker)
      this.#wake()
    })
  }
}

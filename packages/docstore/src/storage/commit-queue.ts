/** Group commit: whatever is waiting when the engine is free is written as one batch, with one sync for all. */
import { failure, Histogram, type DocstoreError } from '#kernel'
import type { Engine, Value, WriteOp } from '#engine'

/** `sync`: acknowledged is on stable storage. `interval`: at most `syncIntervalMs` old work is lost with the machine. `none`: the operating system decides. */
export type Durability = 'sync' | 'interval' | 'none'

export interface CommitQueueOptions {
  durability: Durability
  syncIntervalMs: number
  /** Unwritten bytes at which writers wait. */
  maxPendingBytes: number
}

interface Waiting {
  ops: readonly WriteOp[]
  bytes: number
  seq: number
  acceptedAt: number
  result: unknown
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/** A group is not larger than this, so that latency stays bounded: 4 MiB is written in some 20 ms. */
const maxGroupBytes = 4 << 20
const syncMark = '\x01sync'

interface Soon {
  process?: { nextTick?: (work: () => void) => void }
}
// behind all microtasks: writers that go on when their last write is acknowledged are all in the next group
const nextTick = (globalThis as Soon).process?.nextTick
const soon: (work: () => void) => void = nextTick ?? ((work) => setTimeout(work, 0))

export class CommitQueue {
  /** Commits in the engine. */
  written = 0
  /** Commits accepted. */
  accepted = 0
  readonly groupMs: Histogram = new Histogram()
  /** From accepted to acknowledged. */
  readonly commitMs: Histogram = new Histogram()
  groups = 0
  readonly #engine: Engine
  readonly #options: CommitQueueOptions
  readonly #pending = new Map<string, { value: Value | undefined; seq: number }>()
  #queue: Waiting[] = []
  #pendingBytes = 0
  #running: Promise<void> | undefined
  #roomWanted: (() => void)[] = []
  #failed: DocstoreError | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(engine: Engine, options: CommitQueueOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** A value that is accepted but not in the engine. */
  pending(key: string): { value: Value | undefined } | undefined {
    return this.#pending.get(key)
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Back-pressure: undefined while there is room, else a promise of it. */
  room(): Promise<void> | undefined {
    if (this.#pendingBytes < this.#options.maxPendingBytes) return undefined
    return new Promise((resolve) => this.#roomWanted.push(resolve))
  }

  assertWritable(): void {
    if (this.#closed) throw failure('database_closed', {})
    this.assertHealthy()
  }

  /** Accepts a commit; resolves with `result` when it is written, as durably as the database's setting says. */
  push<T>(ops: readonly WriteOp[], result: T): Promise<T> {
    this.assertWritable()
    const seq = ++this.accepted
    let bytes = 64
    for (const { key, value } of ops) {
      bytes += key.length + (value?.length ?? 0)
      this.#pending.set(key, { value, seq })
    }
    this.#pendingBytes += bytes
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (result: unknown) => void
      const acceptedAt = performance.now()
      this.#queue.push({ ops, bytes, seq, acceptedAt, result, resolve: done, reject })
      if (this.#running) return
      this.#running = new Promise((done) => soon(() => void this.#drain().then(done)))
    })
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      const started = performance.now()
      try {
        const sync = this.#options.durability === 'sync'
        const first = group[0] as Waiting
        const ops = group.length === 1 ? first.ops : group.flatMap((waiting) => waiting.ops)
        await this.#engine.write(ops, { sync })
        this.#settle(group)
      } catch (error) {
        this.#fail(group, error)
      }
      this.groups++
      this.groupMs.observe(performance.now() - started)
    }
    this.#running = undefined
    this.#scheduleSync()
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes
      if (count > 0 && bytes > maxGroupBytes) break
      count++
    }
    if (count < this.#queue.length) return this.#queue.splice(0, count)
    const all = this.#queue
    this.#queue = []
    return all
  }

  #settle(group: readonly Waiting[]): void {
    const { seq } = group.at(-1) as Waiting
    this.written = seq
    const now = performance.now()
    for (const { ops, bytes, acceptedAt, result, resolve } of group) {
      this.#pendingBytes -= bytes
      for (const { key } of ops) {
        const held = this.#pending.get(key)
        if (held !== undefined && held.seq <= seq) this.#pending.delete(key)
      }
      this.commitMs.observe(now - acceptedAt)
      resolve(result)
    }
    this.#giveRoom()
  }

  /** What was accepted behind a failed group may build on it: all fails, and nothing more is taken. */
  #fail(group: readonly Waiting[], cause: unknown): void {
    const text = describe(cause)
    this.#failed = /ENOSPC|No space left|disk full|quota/i.test(text)
      ? failure('database_full', { cause: text }, cause)
      : failure('write_failed', { cause: text }, cause)
    for (const { reject } of [...group, ...this.#queue]) reject(this.#failed)
    this.#queue = []
    this.#pending.clear()
    this.#pendingBytes = 0
    this.#giveRoom()
  }

  #giveRoom(): void {
    if (this.#roomWanted.length === 0 || this.#pendingBytes >= this.#options.maxPendingBytes) return
    for (const resolve of this.#roomWanted.splice(0)) resolve()
  }

  #scheduleSync(): void {
    if (this.#options.durability !== 'interval' || this.#timer || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.flush().catch(() => undefined)
    }, this.#options.syncIntervalMs)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** Waits for all accepted commits, then syncs them whatever the setting. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running
    this.assertHealthy()
    if (this.#closed) return
    // the next push waits behind this write as behind a group
    const write = this.#engine.write([{ key: syncMark, value: '' }], { sync: true })
    this.#running = write.catch((error: unknown) => this.#fail([], error))
    await this.#running
    this.#running = this.#queue.length > 0 ? this.#drain() : undefined
    this.assertHealthy()
  }

  assertHealthy(): void {
    if (this.#failed) throw this.#failed
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#options.durability !== 'none') await this.flush().catch(() => undefined)
    this.#closed = true
    while (this.#running) await this.#running
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

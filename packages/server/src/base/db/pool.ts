/**
 * The connections of one database user: who gets which, how many, for how long.
 * Cheap statements share a few connections, deep; everything else has a connection to itself (measurements C2, rules 2 and 4).
 */
import { Connection } from './connection.ts'
import { ConnectionShares } from './connection-shares.ts'
import type { Use } from './connection-shares.ts'
import { ConnectionError } from './errors.ts'
import { Outage } from './outage.ts'
import type { Pipeline } from './pipeline.ts'
import type { PoolOptions } from './pool-options.ts'
import { pickSlot, Slot } from './slot.ts'
import { WaitingLine } from './waiting-line.ts'
import type { Waiter } from './waiting-line.ts'

const sweepMs = 50
const maxUpkeepMs = 10_000
const destroyAfterDeadlineMs = 5_000

export class Pool {
  readonly #options: PoolOptions
  readonly #slots: Slot[] = []
  readonly #waiting: WaitingLine
  readonly #shares: ConnectionShares
  readonly #upkeepMs: number
  #opening = 0
  readonly #outage: Outage
  #retryTimer: NodeJS.Timeout | null = null
  #sweepTimer: NodeJS.Timeout | null = null
  #upkeepTimer: NodeJS.Timeout | null = null
  #closing: { resolve(): void } | null = null

  constructor(options: PoolOptions) {
    this.#options = options
    const { idleTimeoutMs, lifetimeMs } = options
    this.#upkeepMs = Math.min(maxUpkeepMs, idleTimeoutMs / 3, (lifetimeMs || Infinity) / 3)
    this.#waiting = new WaitingLine(options.maxWaiting)
    this.#shares = new ConnectionShares(options.max)
    this.#outage = new Outage(options.connectPatienceMs, options.outageEvents)
  }

  stats(): { active: number; idle: number; waiting: number; max: number } {
    const active = this.#slots.filter((slot) => slot.isBusy).length
    return {
      active,
      idle: this.#slots.length - active,
      waiting: this.#waiting.length,
      max: this.#options.max,
    }
  }

  /** A slot that can be had at once, or null. The use says for what. */
  take(use: Use, role: string): Slot | null {
    if (this.#closing !== null || !this.#shares.mayTake(use, role)) return null
    // who may be served goes first; those that may not yet are no reason to wait
    if (this.#waiting.length > 0 && this.#waiting.first(this.#mayServe) !== undefined) return null
    this.#startTimers()
    const slot = this.#pick(use === 'shared')
    if (slot !== null) this.#hold(slot, use, role)
    return slot
  }

  /** Gives `waiter` a slot once there is one, or fails it. Before, `take` found none. */
  wait(waiter: Waiter): void {
    if (this.#closing !== null) {
      waiter.fail(new ConnectionError('shutdown', 'The database pool is closed'))
      return
    }
    const refusal = this.#outage.refusal(this.#slots.length > 0)
    if (refusal !== null) {
      waiter.fail(refusal)
      if (this.#retryTimer === null && this.#opening === 0) void this.#open()
      return
    }
    if (this.#waiting.add(waiter)) {
      this.#startTimers()
      this.#retryTimer?.ref()
      this.#grow()
      return
    }
    const message = `${this.#options.maxWaiting} requests already wait for a database connection`
    waiter.fail(new ConnectionError('pool-full', message))
  }

  /** Stops waiting for a slot. */
  withdraw(waiter: Waiter): boolean {
    return this.#waiting.remove(waiter)
  }

  /** Ends an exclusive use of `slot`. */
  release(slot: Slot): void {
    this.#shares.give(slot.use, slot.role)
    slot.exclusive = false
    slot.use = 'shared'
    slot.idleSince = performance.now()
    if (slot.connection.isInTransaction) slot.connection.destroy('left inside a transaction')
    if (slot.isRetired) slot.connection.close()
    this.#dispatch()
  }

  /** Waits for what runs, then closes all. */
  async close(): Promise<void> {
    if (this.#closing !== null) return
    await new Promise<void>((resolve) => {
      this.#closing = { resolve }
      this.#checkDrained()
    })
    this.#stopTimers()
    for (const slot of this.#slots.splice(0)) slot.connection.close()
  }

  #hold(slot: Slot, use: Use, role: string): void {
    if (use === 'shared') return
    slot.exclusive = true
    slot.use = use
    slot.role = role
    this.#shares.take(use, role)
  }

  readonly #mayServe = (use: Use, role: string): boolean => this.#shares.mayTake(use, role)

  #pick(shared: boolean): Slot | null {
    const { depth, max, sharedConnections } = this.#options
    return pickSlot(this.#slots, {
      shared,
      depth,
      max,
      sharedConnections,
      othersWait: this.#waiting.exclusiveLength > 0,
    })
  }

  #dispatch(): void {
    if (this.#waiting.length > 0) for (const shared of [true, false]) this.#serve(shared)
    this.#grow()
    this.#checkDrained()
  }

  #serve(shared: boolean): void {
    const mayServe = (use: Use, role: string): boolean =>
      (use === 'shared') === shared && this.#mayServe(use, role)
    for (;;) {
      const waiter = this.#waiting.first(mayServe)
      if (waiter === undefined) return
      const slot = this.#pick(shared)
      if (slot === null) return
      this.#waiting.remove(waiter)
      this.#hold(slot, waiter.use, waiter.role)
      waiter.place(slot)
    }
  }

  /** Opens as many connections as there are requests that wait, up to `max`. */
  #grow(): void {
    if (this.#retryTimer !== null) return
    const { max } = this.#options
    while (this.#opening < this.#waiting.length && this.#slots.length + this.#opening < max)
      void this.#open()
  }

  async #open(): Promise<void> {
    this.#opening++
    const begun = performance.now()
    try {
      const connection = await Connection.open(
        this.#options.connection,
        {
          onClose: (closed) => this.#closed(closed),
          onDone: (from, pipeline, ms) => this.#done(from, pipeline, ms),
          onUsable: () => this.#dispatch(),
          ...(this.#options.onNotice === undefined ? {} : { onNotice: this.#options.onNotice }),
        },
        this.#options.maxPrepared,
      )
      this.#opening--
      this.#outage.end()
      this.#slots.push(new Slot(connection))
      this.#dispatch()
    } catch (error) {
      this.#opening--
      this.#openFailed(error, begun)
    }
  }

  #openFailed(error: unknown, begun: number): void {
    const { reason, patienceMs, retryMs } = this.#outage.failed(error, begun)
    // With connections open, those that wait will be served by them (the server has no more to give).
    if (this.#slots.length === 0) this.#waiting.failImpatient(patienceMs, reason)
    if (this.#retryTimer !== null) return
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null
      this.#grow()
      this.#lookAgain()
    }, retryMs)
    // who waits is answered, even where nothing else keeps the process alive
    if (this.#waiting.length === 0) this.#retryTimer.unref()
    this.#checkDrained()
  }

  /** Where nobody waits any more: so that the next one need not be refused. */
  #lookAgain(): void {
    const hasNone = this.#slots.length === 0 && this.#opening === 0
    if (hasNone && this.#closing === null && this.#outage.isSought) void this.#open()
  }

  #done(connection: Connection, pipeline: Pipeline, ms: number): void {
    this.#options.onDone?.(pipeline, ms)
    const slot = this.#slots.find((candidate) => candidate.connection === connection)
    // a ping is no use of the connection
    if (slot !== undefined && !pipeline.isPing) {
      slot.idleSince = performance.now()
      slot.learn(ms)
      if (slot.isRetired && !slot.isBusy) connection.close()
    }
    if (this.#waiting.length > 0 || this.#closing !== null) this.#dispatch()
  }

  #closed(connection: Connection): void {
    const at = this.#slots.findIndex((slot) => slot.connection === connection)
    if (at !== -1) this.#slots.splice(at, 1)
    this.#dispatch()
  }

  #checkDrained(): void {
    if (this.#closing === null || this.#opening > 0 || this.#waiting.length > 0) return
    if (this.#slots.every((slot) => !slot.isBusy)) this.#closing.resolve()
  }

  #startTimers(): void {
    if (this.#sweepTimer === null) {
      this.#sweepTimer = setInterval(() => this.#sweep(), sweepMs)
      this.#sweepTimer.unref()
    }
    if (this.#upkeepTimer === null) {
      this.#upkeepTimer = setInterval(() => this.#upkeep(), this.#upkeepMs)
      this.#upkeepTimer.unref()
    }
  }

  #stopTimers(): void {
    for (const timer of [this.#sweepTimer, this.#upkeepTimer, this.#retryTimer])
      if (timer !== null) clearInterval(timer)
    this.#sweepTimer = this.#upkeepTimer = this.#retryTimer = null
  }

  /** Enforces deadlines. One timer for all costs nothing per request; it stops when there is nothing to watch. */
  #sweep(): void {
    const now = performance.now()
    this.#waiting.failExpired(now, this.#options.acquireTimeoutMs)
    let busy = this.#waiting.length > 0
    for (const { connection } of this.#slots) {
      busy ||= connection.inFlight > 0
      for (const pipeline of connection.pipelines) {
        if (now < pipeline.deadlineAt) continue
        if (!pipeline.cancelRequested) connection.cancel(pipeline)
        if (now > pipeline.deadlineAt + destroyAfterDeadlineMs) {
          connection.destroy('no answer long after the deadline')
          break
        }
      }
    }
    if (busy || this.#sweepTimer === null) return
    clearInterval(this.#sweepTimer)
    this.#sweepTimer = null
  }

  /** Closes what has been idle too long, and asks the rest for a sign of life. */
  #upkeep(): void {
    this.#startTimers()
    const now = performance.now()
    this.#retireOldest(now)
    for (const slot of this.#slots.filter((candidate) => !candidate.isBusy)) {
      const idleMs = now - slot.idleSince
      if (idleMs > this.#options.idleTimeoutMs && this.#slots.length > this.#options.min)
        slot.connection.close()
      else if (idleMs > this.#upkeepMs) slot.connection.ping()
    }
  }

  /** One at a time: connections that were opened together are not all opened again together. */
  #retireOldest(now: number): void {
    const { lifetimeMs } = this.#options
    if (lifetimeMs === 0) return
    const old = this.#slots.find((slot) => now - slot.openedAt > lifetimeMs && !slot.isRetired)
    if (old === undefined) return
    old.isRetired = true
    if (!old.isBusy) old.connection.close()
  }
}

/** Where a node gets the log from: it reads it itself, when it is the one that may, or gets it from the one that does. */
import { DatabaseError } from '#base/db'
import { createSequence } from '#base/kernel'
import { Failures } from './failures.ts'
import { Follower } from './follower.ts'
import { decodeFollowerMessage, decodeLeaderMessage } from './frames.ts'
import type { LogSourceOptions } from './log-source-options.ts'
import { Reading } from './reading.ts'
import {
  isLogMissing,
  isSlotLost,
  noAnswer,
  noBus,
  noLeader,
  noLog,
  wordFailure,
} from './refusals.ts'
import { dropSlot, hasSlot } from './slot.ts'

const tickMs = 1_000
/** For the node that reads the log to answer. */
const welcomeMs = 2_500
/** What cannot be had is asked for again after this time. */
const unavailableMs = 30_000
/** A session of ours that has ended may hold the lock for so long. */
const letGoMs = 1_000
/** Between two readings because somebody lacked something. */
const againMs = 500

export class LogSource {
  readonly #options: LogSourceOptions
  #reading: Reading | null = null
  #follower: Follower | null = null
  /** Of who waits for the follower. */
  #onReady: (() => void)[] = []
  #isWanted = false
  /** Of the opening that is under way: null when it has worked, or why not. */
  #opening: Promise<string | null> | null = null
  /** Openings and endings, one after the other. */
  readonly #exclusively = createSequence()
  #timer: NodeJS.Timeout | null = null
  #retry: NodeJS.Timeout | null = null
  readonly #failures = new Failures()
  /** There is no log to be had; asked again after this time. */
  #unavailableUntilMs = 0
  #stopListening: (() => void)[] | null = null
  /** What other nodes have sent of the reading before. */
  #expected: ReadonlyMap<string, bigint> = new Map()
  #begunAtMs = 0
  /** When this node last had the lock, which a connection that ends holds a moment longer. */
  #ledAtMs = -Infinity

  constructor(options: LogSourceOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#reading !== null || this.#follower?.isReady === true
  }

  /** Other nodes get the log from this one. */
  get hasFollowers(): boolean {
    return this.#reading?.hasFollowers === true
  }

  /** Null once messages arrive at the sink, or why they do not; it is tried on. */
  open(): Promise<string | null> {
    this.#isWanted = true
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
    if (this.isOpen) return Promise.resolve(null)
    const { clock } = this.#options.project
    if (clock.now() < this.#unavailableUntilMs) return Promise.resolve(noLog)
    this.#opening ??= this.#exclusively(() => this.#tryOpen()).finally(() => (this.#opening = null))
    return this.#opening
  }

  /** A publication that was made since is not yet followed. */
  async openWithChanges(): Promise<string | null> {
    if (this.#reading?.hasChanges === false) this.restart()
    return this.open()
  }

  /** Less waits at the sink. */
  progress(): void {
    this.#reading?.progress()
    this.#follower?.progress()
  }

  /** Reads again what has not been sent. */
  restart(): void {
    this.#leave()
    this.#again(Math.max(0, this.#begunAtMs + againMs - performance.now()))
  }

  /** One that was left by processes that were killed is taken, and goes with `close` where no other node wants it. */
  async takeLeftover(): Promise<void> {
    if (!this.isOpen && (await hasSlot(this.#options.project))) await this.open()
  }

  /** The slot goes where no other node wants it. */
  async close(): Promise<void> {
    this.#isWanted = false
    for (const resolve of this.#onReady.splice(0)) resolve()
    await this.#exclusively(async () => {
      // somebody has come meanwhile
      if (this.#isWanted) return
      if (this.#timer !== null) clearInterval(this.#timer)
      if (this.#retry !== null) clearTimeout(this.#retry)
      this.#timer = this.#retry = null
      const isLast = this.#reading !== null && !this.hasFollowers
      this.#reading?.over()
      this.#follower?.bye()
      this.#leave()
      this.#expected = new Map()
      this.#options.onClosed()
      for (const end of this.#stopListening ?? []) end()
      this.#stopListening = null
      if (isLast) await dropSlot(this.#options.project, this.#options.connect)
    })
  }

  async #tryOpen(): Promise<string | null> {
    if (!this.#isWanted) return noAnswer
    if (this.isOpen) return null
    const { bus } = this.#options
    try {
      if (!bus.isAlone) await this.#listen()
      if (await this.#tryLead()) {
        this.#failures.end()
        return null
      }
    } catch (error) {
      return await this.#explain(error)
    }
    if (!bus.isAlone) return this.#follow()
    this.#again(this.#backoff())
    return noBus
  }

  /** False when another node has the lock. */
  async #tryLead(): Promise<boolean> {
    for (;;) {
      const reading = await Reading.open({
        ...this.#options,
        sink: this.#options.sink(),
        expected: this.#expected,
        onBegin: (begun) => {
          this.#follower = null
          this.#reading = begun
          this.#begunAtMs = performance.now()
        },
        onMissing: () => this.restart(),
        onLost: (lost, error) => this.#lost(lost, error),
      }).catch((error: unknown) => {
        if (this.#reading !== null) this.#leave()
        throw error
      })
      if (reading !== null) return true
      if (performance.now() > this.#ledAtMs + letGoMs) return false
      await pause(30)
    }
  }

  /** Resolves when the one that reads has told us where we are. */
  async #follow(): Promise<string | null> {
    const { bus, node, project, sink } = this.#options
    this.#follower ??= new Follower({
      bus,
      clock: project.clock,
      node,
      sink: sink(),
      onReady: () => {
        this.#failures.end()
        for (const resolve of this.#onReady.splice(0)) resolve()
      },
    })
    if (this.#follower.isReady) return null
    const isReady = await Promise.race([
      new Promise<true>((resolve) => this.#onReady.push(() => resolve(true))),
      pause(welcomeMs),
    ])
    if (isReady === true) return null
    this.#again(this.#backoff())
    return noLeader
  }

  async #listen(): Promise<void> {
    const { bus } = this.#options
    this.#stopListening ??= [
      await bus.subscribe('log', (bytes) => {
        const message = decodeLeaderMessage(bytes)
        if (message !== null && this.#reading === null) this.#follower?.receive(message)
        if (message?.kind === 'over' && this.#follower !== null) this.#again(Math.random() * 50)
      }),
      await bus.subscribe('log:back', (bytes) => {
        const message = decodeFollowerMessage(bytes)
        if (message !== null) this.#reading?.receive(message)
      }),
      bus.onRestored(() => {
        this.#reading?.beat()
        this.#follower?.beat()
      }),
    ]
  }

  #tick(): void {
    this.#reading?.beat()
    this.#follower?.beat()
    const isForsaken = this.#follower?.isForsaken === true || !this.#options.bus.isUp
    if (this.#follower !== null && isForsaken) this.#again(0)
  }

  #lost(reading: Reading, error: Error): void {
    if (this.#reading !== reading) return
    this.#leave()
    if (!this.#isWanted) return
    this.#options.project.log.warn('the log of changes is no longer followed', {
      error: error.message,
    })
    // a publication it names is gone, and was not there where the slot stands
    if (error instanceof DatabaseError && error.code === '42704')
      void this.#exclusively(() => this.#giveUpSlot(error)).catch(() => {})
    this.#again(this.#backoff())
  }

  /** What other nodes have is remembered for the next reading. */
  #leave(): void {
    if (this.#reading !== null) {
      this.#expected = this.#reading.positions
      this.#ledAtMs = performance.now()
    }
    this.#reading?.close()
    this.#reading = null
    this.#follower = null
    this.#options.stats.lagBytes = 0
  }

  async #explain(error: unknown): Promise<string> {
    const { log, clock } = this.#options.project
    if (isLogMissing(error)) {
      this.#unavailableUntilMs = clock.now() + unavailableMs
      log.warn(noLog)
      return noLog
    }
    if (isSlotLost(error)) await this.#giveUpSlot(error)
    const reason = String(error)
    if (this.#failures.isNews(reason))
      log.warn('changes of the database cannot be followed', { error: reason })
    this.#again(this.#backoff())
    return wordFailure(error)
  }

  /** What it kept is gone, or cannot be read: changes since are lost, later ones are not. */
  async #giveUpSlot(error: Error): Promise<void> {
    const { project, connect } = this.#options
    project.log.error('the slot of realtime was given up: changes were lost', {
      error: error.message,
    })
    await dropSlot(project, connect).catch(() => {})
  }

  #backoff(): number {
    return this.#failures.next(this.#follower !== null)
  }

  #again(afterMs: number): void {
    if (!this.#isWanted || this.#retry !== null) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      void this.#reopen()
    }, afterMs).unref()
  }

  /** One that listens in vain tries to read itself. */
  async #reopen(): Promise<void> {
    if (this.#reading !== null) return
    const isDeaf = this.#follower?.isForsaken === true || !this.#options.bus.isUp
    if (this.#follower?.isReady === true && !isDeaf) return
    await this.#exclusively(async () => {
      if (this.#reading !== null || !this.#isWanted) return
      try {
        if (await this.#tryLead()) this.#failures.end()
        else if (!this.#options.bus.isAlone && this.#follower === null) await this.#follow()
        else if (this.#follower === null) this.#again(this.#backoff())
      } catch (error) {
        await this.#explain(error)
      }
    })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

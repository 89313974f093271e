/** Changes of rows, and messages that SQL sends, followed while somebody listens. */
import type { Bus } from '#base/bus'
import type { Project } from '#base/service'
import type {
  ChangePosition,
  ChangeRequest,
  ChangeSource,
  ChangeSubscription,
  Hub,
  RealtimeStats,
  SendAgain,
} from '#services/realtime/channel'
import { isAfter } from '#services/realtime/channel'
import { LogSource, noAnswer, readEnd } from '#services/realtime/log'
import type { ConnectReplication } from '#services/realtime/log'
import { checkSubscription } from './check-subscription.ts'
import { Delivery } from './delivery.ts'
import { Expressions } from '#services/realtime/rows'
import type { ParseStatements } from '#services/realtime/rows'
import { History } from './history.ts'
import { LogReader } from './log-reader.ts'
import { ParamsError, parseParams } from './params.ts'
import type { ChangeParams } from './params.ts'
import { PositionWords } from './position.ts'
import { sendAgain } from './send-again.ts'
import { Subscriptions } from './subscriptions.ts'
import { Turnstile } from './turnstile.ts'
import { HistoryWidener } from './widen-history.ts'

export interface ChangesOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  readonly createMessagesPublication: () => Promise<void>
  readonly bus: Bus
  readonly parseStatements: ParseStatements
  readonly hub: Hub
  readonly stats: RealtimeStats
}

export interface Changes extends ChangeSource {
  close(): Promise<void>
}

const lost =
  'Changes were lost: the database no longer has them. Read again what you show; later changes arrive as before'

/** Clients that are sent what they missed at the same time; others wait. */
const sendingAgain = 4
/** Between two looks whether what was there before this node has been read. */
const lookMs = 20

export function openChanges(options: ChangesOptions): Changes {
  return new FollowedChanges(options)
}

class FollowedChanges implements Changes {
  readonly #options: ChangesOptions
  readonly #subscriptions = new Subscriptions()
  readonly #delivery: Delivery
  readonly #expressions: Expressions
  readonly #source: LogSource
  #reader: LogReader
  #history: History
  readonly #widener: HistoryWidener
  readonly #words: PositionWords
  readonly #turnstile = new Turnstile(sendingAgain)
  /** Until then somebody may come back for what was missed. */
  #resumableUntilMs = 0
  #holders = 0
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: ChangesOptions) {
    this.#options = options
    const isOver = (): boolean => this.#isClosed
    const { project, hub } = options
    this.#expressions = new Expressions(options.parseStatements, project.log)
    this.#delivery = new Delivery({
      project,
      subscriptions: this.#subscriptions,
      expressions: this.#expressions,
      isOver,
    })
    const { connect } = options
    const reader = { hub, subscriptions: this.#subscriptions, delivery: this.#delivery }
    const createHistory = this.#createHistory.bind(this)
    this.#widener = new HistoryWidener({ project, connect, createHistory, reader })
    this.#words = new PositionWords(project.keys.jwtSecret)
    this.#history = this.#createHistory()
    this.#reader = this.#createReader({ sentUpTo: 0n, liveFrom: 0n })
    this.#source = new LogSource({
      ...options,
      node: hub.node,
      sink: () => this.#reader,
      onClosed: () => {
        this.#history = this.#createHistory()
        this.#reader = this.#createReader({ sentUpTo: 0n, liveFrom: 0n })
      },
    })
    // processes that were killed have left their slot, and clients that come back
    this.#linger(options.project.config['realtime.resume_window'])
  }

  hold(): () => void {
    this.#holders++
    this.#cancelTimer()
    void this.#source.open()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders--
      if (this.#holders === 0) this.#linger()
    }
  }

  async ready(timeoutMs: number): Promise<string | null> {
    if (this.#source.isOpen) return null
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(noAnswer), timeoutMs)
    })
    const outcome = await Promise.race([this.#source.open(), late])
    clearTimeout(timer)
    return outcome
  }

  async subscribe(request: ChangeRequest): Promise<ChangeSubscription> {
    const { project } = this.#options
    let params: ChangeParams
    try {
      params = parseParams(request.params)
    } catch (error) {
      if (error instanceof ParamsError) return { ok: false, message: error.message }
      throw error
    }
    const refusal = await checkSubscription(project, params, request.member)
    if (refusal !== null) return { ok: false, message: refusal }
    const { id, member, listener } = request
    const end = this.#subscriptions.add({ id, params, member, listener })
    const why = await this.#source.openWithChanges()
    if (why === null) return { ok: true, end }
    end()
    return { ok: false, message: why }
  }

  get position(): ChangePosition {
    return this.#reader.position
  }

  get sentPosition(): ChangePosition {
    return { lsn: this.#reader.sentUpTo, row: 0 }
  }

  printPosition(position: ChangePosition): string {
    this.#mayResume()
    return this.#words.print(position)
  }

  parsePosition(text: string): ChangePosition | null {
    return this.#words.parse(text)
  }

  async sendAgain(
    requests: readonly ChangeRequest[],
    after: ChangePosition,
    { isOver, mustSeeNow }: SendAgain,
  ): Promise<ChangePosition | null> {
    const { project } = this.#options
    // what is still being read of the time before this node goes only to the history
    while (!this.#reader.isLive && !this.#isClosed && !isOver())
      await new Promise((resolve) => setTimeout(resolve, lookMs).unref())
    await this.#widener.reachBack(this.#history, after)
    return this.#turnstile.pass(async () => {
      const { position } = this.#reader
      if (isAfter(after, position)) {
        // this node is behind the one it was read on, or it is of another database
        const isReal = after.lsn <= (await readEnd(project))
        return isReal && this.#history.since(position) !== null ? after : null
      }
      const past = this.#history.since(after)
      if (past === null) return null
      const how = {
        project,
        expressions: this.#expressions,
        isOver: () => this.#isClosed || isOver(),
        mustSeeNow,
      }
      await sendAgain(past, requests, how)
      return position
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    await this.#source.close().catch(() => {})
  }

  #mayResume(): void {
    const { config, clock } = this.#options.project
    this.#resumableUntilMs = clock.now() + config['realtime.resume_window']
  }

  #createHistory(): History {
    const { project } = this.#options
    return new History({
      windowMs: () => project.config['realtime.resume_window'],
      maxBytes: () => project.config['realtime.resume_size'],
      now: () => project.clock.now(),
    })
  }

  /** What `sentUpTo` says was sent is let pass. */
  #createReader(begin: { readonly sentUpTo: bigint; readonly liveFrom: bigint }): LogReader {
    const { hub, project } = this.#options
    const reader = new LogReader({
      hub,
      subscriptions: this.#subscriptions,
      delivery: this.#delivery,
      history: this.#history,
      ...begin,
      onProgress: () => this.#source.progress(),
      onMissed: () => {
        project.log.error('changes were lost: the log of the database no longer has them')
        for (const listener of this.#subscriptions.listeners()) listener.onLoss(lost)
      },
      onFailure: (error) => {
        if (this.#reader !== reader || this.#isClosed) return
        project.log.error('changes could not be sent', { error: String(error) })
        this.#reader = this.#createReader(reader)
        this.#source.restart()
      },
    })
    return reader
  }

  /** Nobody listens here: when nobody comes, the slot goes, unless other nodes want it. */
  #linger(leastMs = 0): void {
    this.#cancelTimer()
    if (this.#isClosed) return
    const { config, clock } = this.#options.project
    const afterMs = Math.max(
      leastMs,
      config['realtime.slot_linger'],
      this.#resumableUntilMs - clock.now(),
    )
    this.#timer = setTimeout(() => {
      if (this.#holders > 0) return
      if (this.#source.hasFollowers) this.#linger()
      else void this.#stop()
    }, afterMs).unref()
  }

  async #stop(): Promise<void> {
    try {
      await this.#source.takeLeftover()
      if (this.#holders === 0) await this.#source.close()
    } catch (error) {
      const { log } = this.#options.project
      log.warn('the slot of realtime could not be dropped', { error: String(error) })
    }
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

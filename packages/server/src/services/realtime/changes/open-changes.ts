/** Changes of rows, and messages that SQL sends, followed while somebody listens. */
import { ConnectionError, DatabaseError, Replication, decodeRows, systemSession } from '#base/db'
import type { ConnectionOptions, Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'
import type {
  ChangeRequest,
  ChangeSource,
  ChangeSubscription,
  Hub,
  RealtimeStats,
} from '#services/realtime/channel'
import { checkSubscription, publication } from './check-subscription.ts'
import { Delivery } from './delivery.ts'
import { LogFollower, slotName } from './log-follower.ts'
import { ParamsError, parseParams } from './params.ts'
import type { ChangeParams } from './params.ts'
import type { ParseStatements } from './read-table-facts.ts'
import { Subscriptions } from './subscriptions.ts'

/** How the login connects that reads the log. */
export type ConnectReplication = () => Promise<ConnectionOptions>

export interface ChangesOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  readonly createMessagesPublication: () => Promise<void>
  readonly parseStatements: ParseStatements
  readonly hub: Hub
  readonly stats: RealtimeStats
}

export interface Changes extends ChangeSource {
  close(): Promise<void>
}

const maxBackoffMs = 5_000
/** What cannot be had is asked for again after this time. */
const unavailableMs = 30_000
const noAnswer = 'Changes of the database are not followed yet: the database takes long to answer'
const noLog =
  'Changes of the database cannot be followed: Postgres runs without wal_level = logical. Set it, restart Postgres, and join again'

export function openChanges(options: ChangesOptions): Changes {
  return new FollowedChanges(options)
}

class FollowedChanges implements Changes {
  readonly #options: ChangesOptions
  readonly #subscriptions = new Subscriptions()
  readonly #delivery: Delivery
  #holders = 0
  #follower: LogFollower | null = null
  /** Of the opening that is under way: null when it has worked, or why not. */
  #opening: Promise<string | null> | null = null
  /** Openings and endings, one after the other. */
  #queue: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #failures = 0
  #unavailable: { readonly why: string; readonly untilMs: number } | null = null
  #sentUpTo = 0n
  #isClosed = false

  constructor(options: ChangesOptions) {
    this.#options = options
    const isOver = (): boolean => this.#isClosed
    this.#delivery = new Delivery({
      project: options.project,
      subscriptions: this.#subscriptions,
      parseStatements: options.parseStatements,
      isOver,
    })
    // a process that was killed has left its slot
    void this.#exclusively(() => this.#dropSlot(true)).catch(() => {})
  }

  hold(): () => void {
    this.#holders++
    this.#cancelTimer()
    if (this.#follower === null) void this.#open()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders--
      if (this.#holders === 0) this.#linger()
    }
  }

  async ready(timeoutMs: number): Promise<string | null> {
    if (this.#follower !== null) return null
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(noAnswer), timeoutMs)
    })
    const outcome = await Promise.race([this.#open(), late])
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
    const why = await this.#readyForChanges()
    if (why === null) return { ok: true, end }
    end()
    return { ok: false, message: why }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    await this.#exclusively(() => this.#stop()).catch(() => {})
  }

  /** A publication that was made since is not yet followed. */
  async #readyForChanges(): Promise<string | null> {
    const follower = this.#follower
    if (follower !== null && !follower.publications.includes(publication)) {
      this.#follower = null
      this.#sentUpTo = follower.sentUpTo
      follower.close()
    }
    return this.#open()
  }

  #open(): Promise<string | null> {
    if (this.#follower !== null) return Promise.resolve(null)
    const { project } = this.#options
    if (this.#unavailable !== null && project.clock.now() < this.#unavailable.untilMs)
      return Promise.resolve(this.#unavailable.why)
    if (this.#opening !== null) return this.#opening
    const opening = this.#exclusively(() => this.#tryOpen()).finally(() => (this.#opening = null))
    this.#opening = opening
    return opening
  }

  async #tryOpen(): Promise<string | null> {
    if (this.#isClosed) return noAnswer
    if (this.#follower !== null) return null
    const { project } = this.#options
    try {
      const follower = await LogFollower.open({
        ...this.#options,
        reader: { subscriptions: this.#subscriptions, delivery: this.#delivery },
        sentUpTo: this.#sentUpTo,
        onClose: (error) => this.#lost(follower, error),
      })
      this.#follower = follower
      this.#failures = 0
      this.#unavailable = null
      if (this.#holders === 0) this.#linger()
      return null
    } catch (error) {
      return this.#explain(error, project)
    }
  }

  async #explain(error: unknown, { log, clock }: Project): Promise<string> {
    if (error instanceof DatabaseError && error.code === '55000') {
      if (/wal_level/.test(error.message)) {
        this.#unavailable = { why: noLog, untilMs: clock.now() + unavailableMs }
        log.warn(noLog)
        return noLog
      }
      await this.#giveUpSlot(error)
    }
    const reason = error instanceof Error ? error.message : String(error)
    log.warn('changes of the database cannot be followed', { error: reason })
    this.#retry()
    return `Changes of the database cannot be followed: ${error instanceof ConnectionError ? 'the database does not answer' : reason}`
  }

  /** What it kept is gone, or cannot be read: changes since are lost, later ones are not. */
  async #giveUpSlot(error: Error): Promise<void> {
    this.#options.project.log.error('the slot of realtime was given up: changes were lost', {
      error: error.message,
    })
    await this.#dropSlot(false).catch(() => {})
  }

  #lost(follower: LogFollower, error: Error): void {
    if (this.#follower !== follower) return
    this.#follower = null
    this.#sentUpTo = follower.sentUpTo
    if (this.#isClosed) return
    this.#options.project.log.warn('the log of changes is no longer followed', {
      error: error.message,
    })
    // a publication it names is gone, and was not there where the slot stands
    if (error instanceof DatabaseError && error.code === '42704')
      void this.#exclusively(() => this.#giveUpSlot(error)).catch(() => {})
    this.#retry()
  }

  #retry(): void {
    if (this.#holders === 0 || this.#isClosed) return
    const pauseMs = Math.min(100 * 2 ** this.#failures++, maxBackoffMs)
    this.#cancelTimer()
    this.#timer = setTimeout(() => void this.#open(), pauseMs).unref()
  }

  #linger(): void {
    this.#cancelTimer()
    if (this.#isClosed) return
    const afterMs = this.#options.project.config['realtime.slot_linger']
    this.#timer = setTimeout(() => {
      void this.#exclusively(() => (this.#holders === 0 ? this.#stop() : Promise.resolve())).catch(
        (error: unknown) =>
          this.#options.project.log.warn('the slot of realtime could not be dropped', {
            error: String(error),
          }),
      )
    }, afterMs).unref()
  }

  async #stop(): Promise<void> {
    const follower = this.#follower
    this.#follower = null
    this.#options.stats.lagBytes = 0
    if (follower === null) return
    this.#sentUpTo = 0n
    follower.close()
    await this.#dropSlot(false)
  }

  /** `onlyIfThere` looks first, without a connection of its own. */
  async #dropSlot(onlyIfThere: boolean): Promise<void> {
    const { project, connect } = this.#options
    const slot = await slotName(project)
    if (onlyIfThere && !(await isIdleSlot(project, slot))) return
    const replication = await Replication.open(await connect(), {
      onChange: () => {},
      onKeepalive: () => {},
      onClose: () => {},
    })
    try {
      await replication.dropSlot(slot)
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== '42704') throw error
    } finally {
      replication.close()
    }
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }
}

async function isIdleSlot({ apiDb }: Project, slot: string): Promise<boolean> {
  const [result] = await apiDb.transaction(
    systemSession,
    [
      sql`/* realtime.findSlot */ select from pg_catalog.pg_replication_slots where slot_name = ${slot} and not active`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  return decodeRows(result as Result).length > 0
}

/** One read replica: whether it can be asked, and how far it is. */
import { ConnectionError, decodeRows, openDatabase } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions, Result } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'
import { parsePosition } from './position.ts'

export interface ReplicaOptions {
  readonly name: string
  readonly weight: number
  readonly maxLagMs: number
  /** Of its pool, as callers log in. */
  readonly pool: DatabaseOptions
  readonly observe: (db: Database) => Database
  readonly log: Log
}

export interface PrimaryTrail {
  /** Of the primary's cluster; empty before it is known. */
  readonly system: string
  /** How long ago, in ms, the primary was last seen no further than `position`; null: longer than anybody remembers. */
  lagOf(position: number): number | null
}

const answersWithinMs = 1_000
const askAgainMs = 2
/** After a replica did not catch up with somebody's write: others go to the primary at once. */
const notAwaitedMs = 200

const look = sql`/* replicas.look */
  select pg_catalog.pg_is_in_recovery()::int as standby, system_identifier::text as system,
    coalesce(pg_catalog.pg_last_wal_replay_lsn()::text, '') as position
  from pg_catalog.pg_control_system()`
const session = { role: null, settings: [], readOnly: true } as const

export class Replica {
  readonly name: string
  readonly weight: number
  readonly db: Database
  /** Reads it has answered. */
  reads = 0
  lagMs: number | null = null
  /** For the turn of the one that is asked next. */
  turn = 0

  readonly #options: ReplicaOptions
  readonly #watching: Database
  readonly #onDown = new Set<(reason: Error) => void>()
  #position = 0
  #reason: string | null = 'it was not asked yet'
  #asking: Promise<void> | null = null
  #notAwaitedUntil = 0

  constructor(options: ReplicaOptions) {
    this.name = options.name
    this.weight = options.weight
    this.#options = options
    // who cannot be reached is not waited for: the primary can
    const pool = { ...options.pool, minConnections: 0, acquireTimeoutMs: 1_000 }
    this.db = options.observe(openDatabase({ ...pool, connectPatienceMs: 0 }))
    this.#watching = openDatabase({ ...pool, connectPatienceMs: 0, maxConnections: 1 })
  }

  get isUp(): boolean {
    return this.#reason === null
  }

  hasReplayed(position: number): boolean {
    return this.#position >= position
  }

  /** Whether it is there, a replica of this primary, and not too far behind; logged when that changes. */
  async check(trail: PrimaryTrail): Promise<void> {
    const found = this.#findFault(trail).catch((error: unknown) => reasonOf(error))
    // one that hangs does not even take back what it was asked
    const reason = await Promise.race([found, silence()])
    if (reason === null) this.#up()
    else this.down(reason)
  }

  async #findFault(trail: PrimaryTrail): Promise<string | null> {
    const { isStandby, system } = await this.#ask()
    if (!isStandby) return 'it is no replica any more'
    if (trail.system !== '' && system !== trail.system) return 'it is of another database server'
    this.lagMs = trail.lagOf(this.#position)
    const { maxLagMs } = this.#options
    if (this.lagMs !== null && this.lagMs <= maxLagMs) return null
    return `it is more than ${maxLagMs} ms behind`
  }

  async #ask(): Promise<{ readonly isStandby: boolean; readonly system: string }> {
    const [result] = await this.#watching.transaction(session, [look], {
      timeoutMs: answersWithinMs,
      leaves: 'nothing',
    })
    type Found = { standby: number; system: string; position: string }
    const [found] = decodeRows<Found>(result as Result)
    this.#position = parsePosition(found?.position ?? '') ?? 0
    return { isStandby: found?.standby === 1, system: found?.system ?? '' }
  }

  /** Waits until it has replayed `position`; false when it has not within the time. All who wait ask together. */
  async catchUp(position: number, withinMs: number): Promise<boolean> {
    if (performance.now() < this.#notAwaitedUntil) return false
    const until = performance.now() + withinMs
    for (;;) {
      await (this.#asking ??= this.#askSoon())
      if (!this.isUp) return false
      if (this.hasReplayed(position)) return true
      if (performance.now() >= until) break
    }
    this.#notAwaitedUntil = performance.now() + notAwaitedMs
    return false
  }

  async #askSoon(): Promise<void> {
    try {
      const { isStandby } = await this.#ask()
      if (!isStandby) this.down('it is no replica any more')
      await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    } catch (error) {
      this.down(reasonOf(error))
    } finally {
      this.#asking = null
    }
  }

  /** Rejects what is asked of it: the primary answers. It is back with the next check that finds it well. */
  down(reason: string): void {
    if (this.#reason === null)
      this.#options.log.warn('a read replica is left out', { replica: this.name, reason })
    this.#reason = reason
    const error = new ConnectionError('closed', `The replica ${this.name} is left out: ${reason}`)
    for (const reject of this.#onDown) reject(error)
    this.#onDown.clear()
  }

  #up(): void {
    if (this.#reason !== null)
      this.#options.log.info('a read replica is used', { replica: this.name })
    this.#reason = null
  }

  /** What `work` resolves with, unless the replica is gone before that. */
  whileUp<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onDown.add(reject)
      const end = (): void => void this.#onDown.delete(reject)
      work.then(
        (value) => {
          end()
          resolve(value)
        },
        (error: Error) => {
          end()
          reject(error)
        },
      )
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.db.close(), this.#watching.close()])
  }
}

function silence(): Promise<string> {
  const reason = `it did not answer within ${answersWithinMs} ms`
  return new Promise((resolve) => setTimeout(() => resolve(reason), answersWithinMs).unref())
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** As callers log in at the primary: roles and passwords are the same. */
export function loginAt(replica: ConnectionOptions, login: ConnectionOptions): ConnectionOptions {
  return { ...replica, user: login.user, password: login.password }
}

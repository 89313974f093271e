/** The read replicas of a project: which one answers whom, so that nobody misses what he has written himself. */
import { createHash } from 'node:crypto'
import type { Bus } from '#base/bus'
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { HttpRequest } from '#base/http'
import type { Clock, Log } from '#base/kernel'
import type { Authentication, Caller, ReadRouting } from '#base/service'
import { sql } from '#base/sql'
import { formatPosition, parsePosition, unknownPosition } from './position.ts'
import { readDatabase } from './read-database.ts'
import { Replica } from './replica.ts'
import type { PrimaryTrail, ReplicaOptions } from './replica.ts'
import { Written } from './written.ts'

export interface ReplicaSetOptions {
  /** As callers log in. */
  readonly primary: Database
  readonly replicas: readonly ReplicaOptions[]
  readonly clock: Clock
  readonly log: Log
}

interface WriteMessage {
  readonly position: number
  readonly keys: readonly string[]
}

const checkEveryMs = 1_000
/** A reader waits no longer for a replica to be where he is. */
const catchesUpWithinMs = 50
const answersWithinMs = 2_000
const topic = 'writes'

const here = sql`/* replicas.position */
  select system_identifier::text as system, pg_catalog.pg_current_wal_insert_lsn()::text as position,
    pg_catalog.pg_current_wal_flush_lsn()::text as flushed
  from pg_catalog.pg_control_system()`
const session = { role: null, settings: [], readOnly: true } as const

export class ReplicaSet implements ReadRouting, PrimaryTrail {
  readonly replicas: readonly Replica[]
  /** Reads that the primary answered in place of a replica. */
  primaryReads = 0
  /** …because one failed. */
  retriedReads = 0
  system = ''

  readonly #options: ReplicaSetOptions
  readonly #written: Written
  readonly #keepMs: number
  /** Where the primary was, once a check. */
  #trail: { readonly position: number; readonly atMs: number }[] = []
  readonly #answered = new WeakSet<HttpRequest>()
  #timer: NodeJS.Timeout | null = null
  #checking: Promise<unknown> = Promise.resolve()
  #stopListening: (() => void) | null = null
  #share: ((message: Uint8Array) => void) | null = null

  constructor(options: ReplicaSetOptions) {
    this.#options = options
    this.replicas = options.replicas.map((one) => new Replica(one))
    this.#keepMs = Math.max(...options.replicas.map(({ maxLagMs }) => maxLagMs)) + 3 * checkEveryMs
    this.#written = new Written(this.#keepMs)
  }

  /** Resolves when each has been asked once. */
  async open(): Promise<void> {
    const { primary } = this.#options
    const changed = (): void => void this.#schemaChanged()
    this.#stopListening = await primary.listen('pgrst', changed, changed)
    await this.check()
    this.#timer = setInterval(() => {
      this.#checking = this.#checking.then(() => this.check())
    }, checkEveryMs)
    this.#timer.unref()
  }

  /** Other nodes of the project are told who has written up to where, and tell. */
  async shareOver(bus: Bus): Promise<void> {
    this.#share = (message) => {
      if (!bus.isAlone) bus.publish(topic, message)
    }
    await bus.subscribe(topic, (message) => {
      const { position, keys } = JSON.parse(Buffer.from(message).toString()) as WriteMessage
      for (const key of keys) this.#written.note(key, position, this.#options.clock.now())
    })
  }

  async check(): Promise<void> {
    try {
      // not where the next record begins: behind the header of a new page no replica is before there is one
      this.#remember((await this.#primaryPosition()).flushed)
    } catch {
      // reads go on while the primary is away: they are compared with where it was
    }
    await Promise.all(this.replicas.map((replica) => replica.check(this)))
  }

  lagOf(position: number): number | null {
    const last = this.#trail.at(-1)
    const reached = this.#trail.findLast((point) => point.position <= position)
    return last === undefined || reached === undefined ? null : last.atMs - reached.atMs
  }

  databaseFor(caller: Caller, request: HttpRequest): Database {
    this.#answered.add(request)
    const keys = readerKeys(caller, request)
    const needed = Math.max(this.#written.needed(keys, this.#options.clock.now()), claimed(request))
    return readDatabase({
      primary: this.#options.primary,
      choose: () => this.#choose(needed),
      onPrimary: (failed) => {
        this.primaryReads++
        if (failed !== null) this.retriedReads++
      },
    })
  }

  async noteWrite(
    authentication: Authentication,
    request: HttpRequest,
    prefix: string,
  ): Promise<string | null> {
    if (this.#answered.has(request)) return null
    const { clock } = this.#options
    const keys = writerKeys(authentication, request, prefix)
    const position = await this.#positionNow()
    for (const key of keys) this.#written.note(key, position, clock.now())
    this.#share?.(Buffer.from(JSON.stringify({ position, keys } satisfies WriteMessage)))
    return position === unknownPosition ? null : formatPosition(position)
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#stopListening?.()
    await this.#checking
    await Promise.all(this.replicas.map((replica) => replica.close()))
  }

  #choose(needed: number): Replica | null | Promise<Replica | null> {
    const ready = this.#next((replica) => replica.hasReplayed(needed))
    if (ready !== null || needed === unknownPosition) return ready
    const near = this.#next(() => true)
    if (near === null) return null
    return near.catchUp(needed, catchesUpWithinMs).then((caughtUp) => (caughtUp ? near : null))
  }

  /** Turns by weight: of weights 2 and 1 the first gets two of three. */
  #next(isFit: (replica: Replica) => boolean): Replica | null {
    let next: Replica | null = null
    let total = 0
    for (const replica of this.replicas) {
      if (!replica.isUp || !isFit(replica)) continue
      replica.turn += replica.weight
      total += replica.weight
      if (next === null || replica.turn > next.turn) next = replica
    }
    if (next !== null) next.turn -= total
    return next
  }

  /** Behind everything that is committed by now. */
  async #positionNow(): Promise<number> {
    try {
      return (await this.#primaryPosition()).position
    } catch {
      return unknownPosition
    }
  }

  async #primaryPosition(): Promise<{ readonly position: number; readonly flushed: number }> {
    const [result] = await this.#options.primary.transaction(session, [here], {
      timeoutMs: answersWithinMs,
      lane: 'read',
      leaves: 'nothing',
    })
    type Found = { system: string; position: string; flushed: string }
    const [found] = decodeRows<Found>(result as Result)
    this.system = found?.system ?? ''
    const parse = (text: string | undefined): number => parsePosition(text ?? '') ?? unknownPosition
    return { position: parse(found?.position), flushed: parse(found?.flushed) }
  }

  #remember(position: number): void {
    const atMs = this.#options.clock.now()
    const last = this.#trail.at(-1)
    // another primary since, whose log goes another way
    if (last !== undefined && position < last.position) this.#trail = []
    this.#trail.push({ position, atMs })
    const oldest = atMs - this.#keepMs
    // one before it is kept: a replica may be exactly there
    while ((this.#trail[1]?.atMs ?? atMs) < oldest) this.#trail.shift()
  }

  /** What is allowed, and to whom, may be different: nobody reads where that is not known yet. */
  async #schemaChanged(): Promise<void> {
    const { clock } = this.#options
    this.#written.noteAll(unknownPosition, clock.now())
    const position = await this.#positionNow()
    this.#written.settle(unknownPosition, position, clock.now())
  }
}

/** A user, wherever he is, else a role at an address. */
function callerKey({ claims, role }: Caller, request: HttpRequest): string {
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '') return addressKey(role, request)
  return `user ${sub.length > 128 ? createHash('sha256').update(sub).digest('base64url') : sub}`
}

function addressKey(role: string, { remoteAddress }: HttpRequest): string {
  return `${role} ${remoteAddress}`
}

/** Whoever signs up or in was nobody before: what that wrote is his to see all the same. */
function readerKeys(caller: Caller, request: HttpRequest): string[] {
  const key = callerKey(caller, request)
  return key.startsWith('user ') ? [key, addressKey('anon', request)] : [key]
}

function writerKeys(
  authentication: Authentication,
  request: HttpRequest,
  prefix: string,
): string[] {
  const anyone = addressKey('anon', request)
  if (!authentication.ok) return [anyone]
  const key = callerKey(authentication.caller, request)
  return prefix === '/auth/v1' && key !== anyone ? [key, anyone] : [key]
}

/** What the client says it has seen, in a header or its cookie. Made up, it costs its maker 50 ms, or the primary a read. */
function claimed({ headers }: HttpRequest): number {
  const header = headers['x-basalt-lsn']
  if (header !== undefined) return parsePosition(header) ?? 0
  const cookie = /(?:^|;\s*)basalt-lsn=([0-9A-Fa-f]{1,8})(?:\/|%2F)([0-9A-Fa-f]{1,8})/.exec(
    headers['cookie'] ?? '',
  )
  return cookie === null ? 0 : (parsePosition(`${cookie[1]}/${cookie[2]}`) ?? 0)
}

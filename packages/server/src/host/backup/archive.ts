/** The log of a running database, stored as it is written: what is needed to go to any time between two backups. */
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { PhysicalReplication, openSession, parseLsn } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'
import { BackupError } from './errors.ts'
import { clusterName, readSealed, writeSealed } from './manifest.ts'
import { keyTag } from './seal.ts'
import type { SealKey } from './seal.ts'
import { WalStream } from './stream-wal.ts'
import type { BackupTarget } from './target.ts'
import { timelineName } from './timelines.ts'
import type { TimelineMark } from './timelines.ts'

export interface ArchiveOptions {
  readonly target: BackupTarget
  readonly key: SealKey | null
  /** Asked at each attempt: where Postgres is may change. */
  readonly connection: () => ConnectionOptions
  /** See `clusterName`. */
  readonly lineage: string
  /** Which process stores it, for people: two that take themselves for the same database write over each other's log. */
  readonly owner: string
  readonly flushMs: number
  readonly log: Log
  /** The log cannot be had without a gap, or is of a new timeline: only a backup of all helps. */
  readonly onGap: (why: string) => void
}

export interface ArchiveState {
  /** ms since the epoch: every commit that was acknowledged before is stored; null for not yet. */
  readonly coveredMs: number | null
  readonly failures: number
  /** Of the log that Postgres keeps until it is stored. */
  readonly keptBytes: number
  /** Why it does not store now; null when it does. */
  readonly trouble: string | null
}

/** How far the log of a timeline is stored. */
export interface Coverage {
  readonly timeline: number
  readonly lsn: string
  /** ISO time. */
  readonly at: string
  /** Who stores it; null when it has ended. */
  readonly by: string | null
}

const slot = 'basalt_backup'
const retryMs = 2_000
/** Nothing has changed, and still: that is told so often. */
const idleMarkMs = 60_000
/** Who has not told anything for so long stores nothing any more. */
const deadMs = 3 * 60_000

export async function readCoverage(
  target: BackupTarget,
  key: SealKey | null,
  system: string,
  timeline: number,
): Promise<Coverage | null> {
  return (await readSealed(
    target,
    `${system}/${coverageName(timeline, key)}`,
    key,
  )) as Coverage | null
}

function coverageName(timeline: number, key: SealKey | null): string {
  return `coverage/${String(timeline).padStart(10, '0')}${keyTag(key)}`
}

export class Archive {
  readonly #options: ArchiveOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #coveredMs: number | null = null
  #failures = 0
  #keptBytes = 0
  #isNearLimit = false
  #trouble: string | null = null

  constructor(options: ArchiveOptions) {
    this.#options = options
  }

  get state(): ArchiveState {
    const [coveredMs, failures, trouble] = [this.#coveredMs, this.#failures, this.#trouble]
    return { coveredMs, failures, trouble, keptBytes: this.#keptBytes }
  }

  /** Resolves when it has begun, or could not at once: then it goes on trying. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#running = this.#run(resolve)
    })
  }

  /** What has come is stored. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(onBegun: () => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#follow(onBegun)
      } catch (error) {
        onBegun()
        if (this.#stopping.signal.aborted) return
        this.#failures++
        const message = error instanceof Error ? error.message : String(error)
        if (this.#trouble !== message)
          this.#options.log.error('The log of the database is not being stored', { error: message })
        this.#trouble = message
        await pause(retryMs, this.#stopping.signal)
      }
    }
  }

  /** Until it fails, or we stop. */
  async #follow(onBegun: () => void): Promise<void> {
    const { target, key } = this.#options
    const connection = this.#options.connection()
    const session = await openSession(connection)
    let stream: WalStream | null = null
    try {
      const begin = await this.#begin(connection, session)
      const folder = `${begin.system}/`
      await this.#refuseOther(begin.system, begin.timeline, Date.now())
      await this.#markTimeline(connection, begin.system, begin.timeline)
      stream = await WalStream.open({ target, key, folder, connection, slot, ...begin })
      onBegun()
      await this.#store(stream, session, { folder, timeline: begin.timeline })
    } finally {
      stream?.close()
      session.close()
    }
  }

  async #store(
    stream: WalStream,
    session: DedicatedSession,
    { folder, timeline }: { readonly folder: string; readonly timeline: number },
  ): Promise<void> {
    const { target, key, flushMs } = this.#options
    let marked = { ms: 0, lsn: -1n }
    for (let isLast = false; !isLast;) {
      isLast = this.#stopping.signal.aborted
      if (stream.failure !== null) throw stream.failure
      const now = await readNow(session)
      this.#watchSlot(now)
      const lsn = await stream.flush()
      this.#trouble = null
      const isBehind = lsn < now.lsn
      if (!isBehind) this.#coveredMs = now.ms
      const isNews = lsn !== marked.lsn || now.ms - marked.ms >= idleMarkMs || isLast
      if (!isBehind && isNews) {
        const at = new Date(now.ms).toISOString()
        await this.#refuseOther(folder.slice(0, -1), timeline, now.ms)
        const by = isLast ? null : this.#options.owner
        const coverage: Coverage = { timeline, lsn: String(lsn), at, by }
        await writeSealed(target, `${folder}${coverageName(timeline, key)}`, coverage, key)
        marked = { ms: now.ms, lsn }
      }
      // what is on its way is nearly here
      await pause(isBehind ? 20 : flushMs, this.#stopping.signal)
    }
  }

  /** A copy of the project's folder, `.temp` and all, takes itself for the project. @throws BackupError `busy` */
  async #refuseOther(system: string, timeline: number, nowMs: number): Promise<void> {
    const { target, key, owner } = this.#options
    const told = await readCoverage(target, key, system, timeline).catch((error: unknown) => {
      // one that is spoiled is written anew
      if (error instanceof BackupError && error.failure !== 'target') return null
      throw error
    })
    if (told?.by == null || told.by === owner || Date.parse(told.at) < nowMs - deadMs) return
    throw new BackupError(
      'busy',
      `${told.by} stores the log of this database in ${target.place} now. If this is a copy of that project, remove supabase/.temp/backup-lineage here: it has backups of its own then.`,
    )
  }

  #watchSlot({ keptBytes, leftBytes }: Now): void {
    this.#keptBytes = keptBytes
    const isNear = leftBytes !== null && leftBytes < keptBytes
    if (isNear && !this.#isNearLimit)
      this.#options.log.warn(
        'Postgres keeps more than half of the log it may keep for backups (max_slot_wal_keep_size): the target is too slow, or away',
        { kept_bytes: keptBytes, left_bytes: leftBytes },
      )
    this.#isNearLimit = isNear
  }

  async #begin(
    connection: ConnectionOptions,
    session: DedicatedSession,
  ): Promise<{ system: string; timeline: number; from: bigint; segmentBytes: number }> {
    const source = await PhysicalReplication.open(connection, { onClose: () => {} })
    try {
      const { system: name, timeline } = await source.identify()
      const system = clusterName(name, this.#options.lineage)
      const segmentBytes = await source.segmentBytes()
      let found = await readSlot(session)
      if (found?.status === 'lost' || found?.restart === null) {
        await source.dropSlot(slot)
        this.#options.onGap(
          'the database had to give up the log before it was stored (max_slot_wal_keep_size)',
        )
        found = null
      }
      if (found === null) {
        await source.createSlot(slot, false)
        found = await readSlot(session)
        this.#options.onGap('the log is stored from now on')
      }
      return { system, timeline, from: parseLsn(found?.restart ?? ''), segmentBytes }
    } finally {
      source.close()
    }
  }

  async #markTimeline(
    connection: ConnectionOptions,
    system: string,
    timeline: number,
  ): Promise<void> {
    const { target } = this.#options
    const name = timelineName(system, timeline)
    if ((await target.get(name)) !== null) return
    const source = await PhysicalReplication.open(connection, { onClose: () => {} })
    try {
      const history = await source.history(timeline)
      const mark: TimelineMark = { timeline, startedAt: new Date().toISOString(), history }
      // of nobody's data, and still needed when the key is another
      await writeSealed(target, name, mark, null)
    } finally {
      source.close()
    }
    if (timeline > 1) this.#options.onGap('the database was restored: a new timeline has begun')
  }
}

interface Slot {
  readonly restart: string | null
  readonly status: string | null
}

async function readSlot(session: DedicatedSession): Promise<Slot | null> {
  const [row] = await session.rows<Slot>(
    sql`/* backup.readSlot */ select restart_lsn::text as restart, wal_status as status
      from pg_catalog.pg_replication_slots where slot_name = ${slot} and slot_type = 'physical'`,
  )
  return row ?? null
}

interface Now {
  /** All that was acknowledged lies before. */
  readonly lsn: bigint
  readonly ms: number
  readonly keptBytes: number
  /** Until Postgres gives it up; null without a limit. */
  readonly leftBytes: number | null
}

async function readNow(session: DedicatedSession): Promise<Now> {
  const [row] = await session.rows<{ lsn: string; ms: string; kept: string; left: string | null }>(
    // the clock first: what was acknowledged before lies before the place
    sql`/* backup.readNow */ select floor(extract(epoch from clock_timestamp()) * 1000)::int8::text as ms,
      pg_catalog.pg_current_wal_flush_lsn()::text as lsn,
      coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), restart_lsn), 0)::int8::text as kept,
      safe_wal_size::text as left
      from (select 1) as one left join pg_catalog.pg_replication_slots on slot_name = ${slot}`,
  )
  if (row === undefined) throw new BackupError('target', 'The database does not say how far it is.')
  return {
    lsn: parseLsn(row.lsn),
    ms: Number(row.ms),
    keptBytes: Number(row.kept),
    leftBytes: row.left === null ? null : Number(row.left),
  }
}

/** Also over when `signal` says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

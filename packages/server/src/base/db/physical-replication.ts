/** A connection that copies a whole Postgres: its files, and its write-ahead log as it is written. */
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { ConnectionOptions } from './connection-options.ts'
import { ReplicationLink, parseLsn, printLsn } from './replication-link.ts'
import type { Row } from './replication-link.ts'

export interface PhysicalEvents {
  /** The log from `lsn` on; the memory stays valid. */
  onWal?(lsn: bigint, bytes: Buffer): void
  /** Postgres has sent all up to `lsn`; `mustAnswer` asks for `confirm`. */
  onKeepalive?(lsn: bigint, mustAnswer: boolean): void
  /** Called once, also when we close. */
  onClose(error: Error): void
}

export interface SystemIdentity {
  /** Of the database cluster, made by initdb: a decimal number. */
  readonly system: string
  readonly timeline: number
  readonly lsn: bigint
}

export interface BasePlace {
  readonly lsn: bigint
  readonly timeline: number
}

export interface BaseBackupOptions {
  readonly label: string
  /** Where replaying has to begin; the files come next. */
  readonly onBegin: (place: BasePlace) => void
  /** Bytes of the tar of the data folder. */
  readonly onBytes: (bytes: Buffer) => void
}

const purpose = { name: 'backup.replication', label: 'backup', mode: 'physical' } as const

export class PhysicalReplication {
  readonly #link: ReplicationLink
  readonly #listeners: Listeners

  /** @throws ConnectionError or DatabaseError when the server refuses. */
  static async open(
    options: ConnectionOptions,
    events: PhysicalEvents,
  ): Promise<PhysicalReplication> {
    const listeners: Listeners = { onRow: null, onData: (data) => readWal(data, events) }
    const link = await ReplicationLink.open(options, purpose, {
      onData: (data) => listeners.onData(data),
      onRow: (row) => listeners.onRow?.(row),
      onClose: (error) => events.onClose(error),
    })
    return new PhysicalReplication(link, listeners)
  }

  private constructor(link: ReplicationLink, listeners: Listeners) {
    this.#link = link
    this.#listeners = listeners
  }

  async identify(): Promise<SystemIdentity> {
    const [row] = await this.#link.run('IDENTIFY_SYSTEM')
    return { system: cell(row, 0), timeline: Number(cell(row, 1)), lsn: parseLsn(cell(row, 2)) }
  }

  /** `16MB` → bytes of a segment. */
  async segmentBytes(): Promise<number> {
    const [row] = await this.#link.run('SHOW wal_segment_size')
    const [, count, unit] = /^(\d+)(MB|GB)$/.exec(cell(row, 0)) ?? []
    return Number(count) * (unit === 'GB' ? 1 << 30 : 1 << 20)
  }

  /** Keeps the log from now on. Rejects with `42710` when there is one of that name. */
  async createSlot(name: string, isTemporary: boolean): Promise<void> {
    const kind = isTemporary ? 'TEMPORARY PHYSICAL' : 'PHYSICAL'
    await this.#link.run(
      `CREATE_REPLICATION_SLOT ${quoteIdentifier(name)} ${kind} (RESERVE_WAL true)`,
    )
  }

  /** Rejects with `42704` when there is none. */
  async dropSlot(name: string): Promise<void> {
    await this.#link.run(`DROP_REPLICATION_SLOT ${quoteIdentifier(name)} WAIT`)
  }

  /** How the timeline came about, as its `.history` file says it; null for the first. */
  async history(timeline: number): Promise<string | null> {
    if (timeline === 1) return null
    const [row] = await this.#link.run(`TIMELINE_HISTORY ${timeline}`)
    return cell(row, 1)
  }

  /** Resolves when the log begins to arrive. */
  async streamWal(slot: string, timeline: number, from: bigint): Promise<void> {
    await this.#link.run(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} PHYSICAL ${printLsn(from)} TIMELINE ${timeline}`,
    )
  }

  /** The tar of the data folder; those of tablespaces would follow it. @throws DatabaseError for a page whose checksum is wrong. */
  async baseBackup({ label, onBegin, onBytes }: BaseBackupOptions): Promise<BasePlace> {
    this.#listeners.onRow = (row) => {
      this.#listeners.onRow = null
      onBegin(placeOf(row))
    }
    this.#listeners.onData = (data) => {
      // d: bytes; n: the next archive; p: progress
      if (data[0] === 0x64) onBytes(data.subarray(1))
    }
    const options = `LABEL ${quoteLiteral(label)}, CHECKPOINT 'fast', WAL false, MANIFEST 'no'`
    const rows = await this.#link.run(`BASE_BACKUP (${options})`)
    return placeOf(rows.at(-1) as Row)
  }

  /** All up to `lsn` is stored: Postgres need not keep it. */
  confirm(lsn: bigint): void {
    this.#link.confirm(lsn)
  }

  pause(): void {
    this.#link.pause()
  }

  resume(): void {
    this.#link.resume()
  }

  close(): void {
    this.#link.close()
  }
}

interface Listeners {
  onRow: ((row: Row) => void) | null
  onData(data: Buffer): void
}

function readWal(data: Buffer, events: PhysicalEvents): void {
  // w: start, end and time of what follows; k: end, time, whether to answer
  if (data[0] === 0x77) events.onWal?.(data.readBigUInt64BE(1), data.subarray(25))
  else if (data[0] === 0x6b) events.onKeepalive?.(data.readBigUInt64BE(1), data[17] === 1)
}

function placeOf(row: Row): BasePlace {
  return { lsn: parseLsn(cell(row, 0)), timeline: Number(cell(row, 1)) }
}

function cell(row: Row | undefined, index: number): string {
  return row?.[index] ?? ''
}

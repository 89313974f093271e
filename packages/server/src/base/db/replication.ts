/** A connection that reads the log of changes (streaming replication protocol, logical, `pgoutput`). */
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { ConnectionOptions } from './connection-options.ts'
import { ReplicationLink, printLsn } from './replication-link.ts'

export interface ReplicationEvents {
  /** One message of `pgoutput`; its memory stays valid. */
  onChange(message: Buffer): void
  /** The log has been read up to `lsn`; `mustAnswer` asks for `confirm`. */
  onKeepalive(lsn: bigint, mustAnswer: boolean): void
  /** Called once, also when we close. */
  onClose(error: Error): void
}

const purpose = { name: 'realtime.replication', label: 'realtime', mode: 'database' } as const

export class Replication {
  readonly #link: ReplicationLink

  /** @throws ConnectionError or DatabaseError when the server refuses. */
  static async open(options: ConnectionOptions, events: ReplicationEvents): Promise<Replication> {
    return new Replication(
      await ReplicationLink.open(options, purpose, {
        onData: (data) => {
          // w: start, end and time of what follows; k: end, time, whether to answer
          if (data[0] === 0x77) events.onChange(data.subarray(25))
          else if (data[0] === 0x6b) events.onKeepalive(data.readBigUInt64BE(1), data[17] === 1)
        },
        onClose: (error) => events.onClose(error),
      }),
    )
  }

  private constructor(link: ReplicationLink) {
    this.#link = link
  }

  /** The advisory lock of two halves, held until the connection ends; false when another session has it. */
  async tryLock(key: readonly [number, number]): Promise<boolean> {
    const halves = key.map((half) => `${half}::pg_catalog.int4`).join(', ')
    const [row] = await this.#link.run(`SELECT pg_catalog.pg_try_advisory_lock(${halves})`)
    return row?.[0] === 't'
  }

  /** A standby may keep it too, from 17 on: then it goes on behind a failover. Rejects with `42710` when there is one of that name. */
  async createSlot(name: string): Promise<void> {
    const [version] = await this.#link.run('SHOW server_version_num')
    const failover = Number(version?.[0]) >= 170_000 ? ', FAILOVER true' : ''
    await this.#link.run(
      `CREATE_REPLICATION_SLOT ${quoteIdentifier(name)} LOGICAL pgoutput (SNAPSHOT 'nothing'${failover})`,
    )
  }

  /** One that ends with the connection. */
  async createTemporarySlot(name: string): Promise<void> {
    await this.#link.run(
      `CREATE_REPLICATION_SLOT ${quoteIdentifier(name)} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    )
  }

  /** The copy begins where the other one was confirmed, and ends with the connection. Rejects with `42704` when there is none. */
  async copySlot(name: string, copy: string): Promise<void> {
    const names = `${quoteLiteral(name)}, ${quoteLiteral(copy)}`
    await this.#link.run(`SELECT pg_catalog.pg_copy_logical_replication_slot(${names}, true)`)
  }

  /** Rejects with `42704` when there is none. */
  async dropSlot(name: string): Promise<void> {
    await this.#link.run(`DROP_REPLICATION_SLOT ${quoteIdentifier(name)} WAIT`)
  }

  /** Transactions that ended behind `from`, or behind where the slot was confirmed last, arrive. Resolves when they begin to. */
  async start(slot: string, publications: readonly string[], from = 0n): Promise<void> {
    const names = publications.map(quoteIdentifier).join(',')
    await this.#link.run(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${printLsn(from)} (proto_version '1', publication_names ${quoteLiteral(names)})`,
    )
  }

  /** All up to `lsn` is done with: Postgres need not keep it. `asks` for a keepalive in return. */
  confirm(lsn: bigint, asks = false): void {
    this.#link.confirm(lsn, asks)
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

/** One connection that follows the log: its slot, made when it is first needed, dropped when nobody listens any more. */
import { DatabaseError, Replication, decodeRows, ownSession, systemSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'
import { publication } from './check-subscription.ts'
import { LogReader } from './log-reader.ts'
import type { LogReaderOptions } from './log-reader.ts'
import type { ChangesOptions } from './open-changes.ts'

const messagesPublication = 'supabase_realtime_messages_publication'
const statusEveryMs = 1_000
/** Of the 1 GB that the embedded Postgres keeps for a slot. */
const warnAtBytes = 512 * 1024 * 1024

export interface LogFollowerOptions extends ChangesOptions {
  readonly reader: Pick<LogReaderOptions, 'subscriptions' | 'delivery'>
  readonly sentUpTo: bigint
  readonly onClose: (error: Error) => void
}

export class LogFollower {
  readonly publications: readonly string[]
  readonly #options: LogFollowerOptions
  readonly #reader: LogReader
  readonly #replication: Replication
  #isPaused = false
  #confirmedAtMs = 0
  #hasWarned = false

  /** Resolves when changes are followed. */
  static async open(options: LogFollowerOptions): Promise<LogFollower> {
    const { project } = options
    const slot = await slotName(project)
    const publications = await findPublications(options)
    const holder: { follower: LogFollower | null } = { follower: null }
    const replication = await Replication.open(await options.connect(), {
      onChange: (message) => holder.follower?.receive(message),
      onKeepalive: (lsn, mustAnswer) => holder.follower?.keepalive(lsn, mustAnswer),
      onClose: (error) => {
        if (holder.follower !== null) options.onClose(error)
      },
    })
    try {
      const isNew = await createSlot(replication, slot)
      // what was sent before is of no meaning in the log of another slot
      const sentUpTo = isNew ? 0n : options.sentUpTo
      const follower = new LogFollower({ ...options, sentUpTo }, replication, publications)
      holder.follower = follower
      await replication.start(slot, publications)
      return follower
    } catch (error) {
      holder.follower = null
      replication.close()
      throw error
    }
  }

  private constructor(
    options: LogFollowerOptions,
    replication: Replication,
    publications: readonly string[],
  ) {
    this.#options = options
    this.#replication = replication
    this.publications = publications
    this.#reader = new LogReader({
      ...options.reader,
      hub: options.hub,
      sentUpTo: options.sentUpTo,
      onProgress: () => this.#progress(),
      onFailure: (error) => {
        options.project.log.error('changes could not be sent', { error: String(error) })
        this.#replication.close()
      },
    })
  }

  /** The end of the last transaction of which everything has been sent. */
  get sentUpTo(): bigint {
    return this.#reader.confirmations.lsn
  }

  close(): void {
    this.#confirm()
    this.#replication.close()
  }

  receive(message: Buffer): void {
    this.#reader.read(message)
    if (this.#reader.isFull && !this.#isPaused) {
      this.#isPaused = true
      this.#replication.pause()
    }
    this.#confirmSometimes()
  }

  keepalive(lsn: bigint, mustAnswer: boolean): void {
    const { confirmations } = this.#reader
    if (this.#reader.isIdle) confirmations.reach(lsn)
    this.#watchLag(Number(lsn - confirmations.lsn))
    if (mustAnswer) this.#confirm()
    else this.#confirmSometimes()
  }

  #progress(): void {
    if (this.#isPaused && !this.#reader.isFull) {
      this.#isPaused = false
      this.#replication.resume()
    }
    this.#confirmSometimes()
  }

  #confirmSometimes(): void {
    if (this.#options.project.clock.now() - this.#confirmedAtMs >= statusEveryMs) this.#confirm()
  }

  #confirm(): void {
    this.#confirmedAtMs = this.#options.project.clock.now()
    this.#replication.confirm(this.sentUpTo)
  }

  #watchLag(bytes: number): void {
    const { stats, project } = this.#options
    stats.lagBytes = Math.max(0, bytes)
    if (bytes <= warnAtBytes || this.#hasWarned) return
    this.#hasWarned = true
    project.log.warn('realtime is far behind the changes of the database, which keeps its log', {
      lag_bytes: bytes,
      hint: 'Postgres gives the slot up at max_slot_wal_keep_size; changes are then lost',
    })
  }
}

/** False when it is there (`42710`), of a connection that broke. */
async function createSlot(replication: Replication, slot: string): Promise<boolean> {
  try {
    await replication.createSlot(slot)
    return true
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '42710') throw error
    return false
  }
}

/** Slots are the server's: the name says whose database it is. Asked on a connection that is there anyway: at the start there is no other. */
export async function slotName({ apiDb }: Project): Promise<string> {
  const [result] = await apiDb.transaction(
    systemSession,
    [
      sql`/* realtime.database */ select oid from pg_catalog.pg_database where datname = current_database()`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  const [found] = decodeRows<{ oid: number }>(result as Result)
  return `basalt_realtime_${found?.oid ?? 0}`
}

/** That of messages is made when it is first needed, as by the original service. */
async function findPublications({
  project: { db, log },
  createMessagesPublication,
}: ChangesOptions): Promise<readonly string[]> {
  const read = async (): Promise<string[]> => {
    const [result] = await db.transaction(
      ownSession,
      [
        sql`/* realtime.publications */ select pubname::text from pg_catalog.pg_publication
          where pubname in (${publication}, ${messagesPublication}) order by 1`,
      ],
      { lane: 'read', leaves: 'nothing' },
    )
    return decodeRows<{ pubname: string }>(result as Result).map(({ pubname }) => pubname)
  }
  const found = await read()
  if (found.includes(messagesPublication)) return found
  try {
    await createMessagesPublication()
  } catch (error) {
    log.warn('messages that SQL sends will not arrive: there is no publication for them', {
      error: String(error),
    })
  }
  return read()
}

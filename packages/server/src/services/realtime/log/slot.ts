/** The replication slot of a project's database, and what is published in it. */
import { DatabaseError, Replication, decodeRows, ownSession, systemSession } from '#base/db'
import type { ConnectionOptions, Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'

/** How the login connects that reads the log. */
export type ConnectReplication = () => Promise<ConnectionOptions>

/** Tables whose changes are told. */
export const publication = 'supabase_realtime'
const messagesPublication = 'supabase_realtime_messages_publication'

/** Who holds it reads the log; the halves are 'basa' and 'rlog'. */
export const lockKey = [0x62617361, 0x726c6f67] as const

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

/** False when it is there (`42710`), of a connection that broke. */
export async function createSlot(replication: Replication, slot: string): Promise<boolean> {
  try {
    await replication.createSlot(slot)
    return true
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '42710') throw error
    return false
  }
}

/** Nothing happens to the slot while another node reads it. */
export async function dropSlot(project: Project, connect: ConnectReplication): Promise<void> {
  const slot = await slotName(project)
  const nothing = (): void => {}
  const events = { onChange: nothing, onKeepalive: nothing, onClose: nothing }
  const replication = await Replication.open(await connect(), events)
  try {
    if (await replication.tryLock(lockKey)) await replication.dropSlot(slot)
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '42704') throw error
  } finally {
    replication.close()
  }
}

export async function hasSlot(project: Project): Promise<boolean> {
  const slot = await slotName(project)
  const [result] = await project.apiDb.transaction(
    systemSession,
    [
      sql`/* realtime.findSlot */ select from pg_catalog.pg_replication_slots where slot_name = ${slot}`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  return decodeRows(result as Result).length > 0
}

/** Where the log of the slot begins, and where that of the server ends. */
export async function readPositions(
  { apiDb }: Project,
  slot: string,
): Promise<{ readonly confirmed: bigint; readonly now: bigint }> {
  const [result] = await apiDb.transaction(
    systemSession,
    [
      sql`/* realtime.readPositions */
        select (pg_catalog.pg_current_wal_lsn() - '0/0')::text as now, (confirmed_flush_lsn - '0/0')::text as confirmed
        from (select) as one left join pg_catalog.pg_replication_slots on slot_name = ${slot}`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  const [found] = decodeRows<{ now: string; confirmed: string | null }>(result as Result)
  return { now: BigInt(found?.now ?? 0), confirmed: BigInt(found?.confirmed ?? 0) }
}

/** Where the log of the server ends. */
export async function readEnd(project: Project): Promise<bigint> {
  return (await readPositions(project, '')).now
}

/** That of messages is made when it is first needed, as by the original service. */
export async function findPublications(
  { db, log }: Project,
  createMessagesPublication: () => Promise<void>,
): Promise<readonly string[]> {
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

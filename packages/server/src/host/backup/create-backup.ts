/** A backup: the files of the running database, the log that makes them consistent, the objects, and what to compare. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { DatabaseError, PhysicalReplication, openSession, parseLsn } from '#base/db'
import type { BasePlace } from '#base/db'
import { sql } from '#base/sql'
import { BaseFilesWriter, describeFile, putFile } from './base-files.ts'
import type { Place } from './base-files.ts'
import { copyObjects } from './copy-objects.ts'
import type { CopiedObjects, ObjectSource } from './copy-objects.ts'
import { readFacts, readSettings } from './database-facts.ts'
import type { DatabaseFacts } from './database-facts.ts'
import { BackupError } from './errors.ts'
import { clusterName, folderOfBackup, writeSealed } from './manifest.ts'
import type { BackupFile, BackupManifest } from './manifest.ts'
import type { SealKey } from './seal.ts'
import { WalStream } from './stream-wal.ts'
import type { BackupTarget } from './target.ts'

export interface CreateOptions {
  readonly target: BackupTarget
  readonly key: SealKey | null
  /** May replicate; of the database whose rows are counted. */
  readonly connection: ConnectionOptions
  readonly project: string
  /** Of the place that runs it: a copy of the database elsewhere has backups of its own. */
  readonly lineage: string
  /** Null where objects are not on a disk of this machine. */
  readonly objects: ObjectSource | null
  /** Kept in an encrypted backup only: what the vault's secrets are opened with. */
  readonly secrets: Readonly<Record<string, string>>
  readonly onProgress: (message: string) => void
}

/** Of this name there is one, so of two backups of a database at once one is refused. */
const slot = 'basalt_backup_create'
const busyMs = 2_000

/** @throws BackupError, ConnectionError, DatabaseError; nothing of it counts as a backup then. */
export async function createBackup(options: CreateOptions): Promise<BackupManifest> {
  const session = await openSession(options.connection)
  const log = await openLog(options)
  try {
    await refuseTablespaces(session)
    const startedAt = await readClock(session)
    const id = `${startedAt.replace(/[-:]|\.\d+/g, '')}-${randomBytes(2).toString('hex')}`
    const identity = await log.identify()
    const { timeline } = identity
    const history = await log.history(timeline)
    const system = clusterName(identity.system, options.lineage)
    const folder = folderOfBackup(system, id)
    const place: Place = { target: options.target, key: options.key, folder }
    return await copyAll({ options, session, log, place, id, startedAt, system, timeline, history })
  } finally {
    log.close()
    session.close()
  }
}

/** @throws BackupError `busy`, `refused` */
async function openLog({ connection }: CreateOptions): Promise<PhysicalReplication> {
  let log: PhysicalReplication
  try {
    log = await PhysicalReplication.open(connection, { onClose: () => {} })
  } catch (error) {
    throw mayNotReplicate(error, connection.user)
  }
  try {
    await takeSlot(log)
    return log
  } catch (error) {
    log.close()
    throw error instanceof BackupError ? error : mayNotReplicate(error, connection.user)
  }
}

/** One that has just ended may not have been noticed yet. @throws BackupError `busy` */
async function takeSlot(log: PhysicalReplication): Promise<void> {
  for (const deadline = performance.now() + busyMs; ; await sleep(100)) {
    try {
      return await log.createSlot(slot, true)
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== '42710') throw error
      if (performance.now() < deadline) continue
      throw new BackupError('busy', 'Another backup of this database is being made. Wait for it.')
    }
  }
}

function mayNotReplicate(error: unknown, user: string): unknown {
  if (!(error instanceof DatabaseError) || !['42501', '28000', '55000'].includes(error.code))
    return error
  return new BackupError(
    'refused',
    `The database does not let "${user}" copy it (${error.message}). On a server of your own: alter role ${user} replication, and a line "host replication ${user} …" in pg_hba.conf. A managed service that lets nobody replicate its files makes backups itself: use those, or pg_dump.`,
    error,
  )
}

interface Copying {
  readonly options: CreateOptions
  readonly session: DedicatedSession
  readonly log: PhysicalReplication
  readonly place: Place
  readonly id: string
  readonly startedAt: string
  readonly system: string
  readonly timeline: number
  readonly history: string | null
}

async function copyAll(copying: Copying): Promise<BackupManifest> {
  const { options, place, system } = copying
  const { objects, key, onProgress } = options
  const held = await objects?.hold()
  try {
    onProgress('copying objects')
    await copyObjects(objects, place.target, key, system)
    const copied = await copyDatabase(copying)
    // those written meanwhile: rows that are in the copy may name them
    const kept = await copyObjects(objects, place.target, key, system)
    const manifest = await describe(copying, copied, kept)
    await writeSealed(place.target, `${place.folder}manifest`, manifest, key)
    return manifest
  } finally {
    await held?.release()
  }
}

interface CopiedDatabase {
  readonly base: Base
  readonly segmentBytes: number
  readonly facts: DatabaseFacts
  readonly endedAt: string
}

async function copyDatabase(copying: Copying): Promise<CopiedDatabase> {
  const { options, session, log, place, timeline } = copying
  const { connection, onProgress } = options
  const segmentBytes = await log.segmentBytes()
  onProgress('copying the database')
  const base = await copyBase(connection, place, ({ lsn: from }) =>
    WalStream.open({ ...place, connection, slot: null, timeline, from, segmentBytes }),
  )
  try {
    const facts = await readFacts(connection, 'basalt_backup_facts')
    const end = await logOfNow(session)
    const endedAt = await readClock(session)
    onProgress('copying the log')
    await base.log.reach(end)
    return { base, segmentBytes, facts, endedAt }
  } finally {
    base.log.close()
  }
}

async function describe(
  { options, session, place, id, startedAt, system, timeline, history }: Copying,
  { base, segmentBytes, facts, endedAt }: CopiedDatabase,
  kept: CopiedObjects | null,
): Promise<BackupManifest> {
  const { connection, key, secrets } = options
  const extra: BackupFile[] = []
  if (kept !== null) extra.push(await putFile(place, 'objects', Buffer.from(kept.names.join('\n'))))
  if (key !== null)
    extra.push(await putFile(place, 'secrets', Buffer.from(JSON.stringify(secrets))))
  const { settings, version } = await readSettings(session)
  return {
    format: 1,
    id,
    system,
    project: options.project,
    postgres: version,
    login: { user: connection.user, database: connection.database },
    timeline,
    history,
    segmentBytes,
    start: String(base.start.lsn),
    end: String(base.end.lsn),
    startedAt,
    endedAt,
    settings,
    files: [...base.files, ...(await describeWal(place)), ...extra],
    facts: facts.at === null ? null : { at: String(facts.at), rows: facts.rows },
    migrations: facts.migrations,
    objects: kept === null ? null : { count: kept.names.length, bytes: kept.bytes },
  }
}

interface Base {
  readonly start: BasePlace
  readonly end: BasePlace
  readonly files: readonly BackupFile[]
  readonly log: WalStream
}

/** The log from the beginning on is followed beside: Postgres need not keep it for as long as the copy takes. */
async function copyBase(
  connection: ConnectionOptions,
  place: Place,
  follow: (start: BasePlace) => Promise<WalStream>,
): Promise<Base> {
  const source = await PhysicalReplication.open(connection, { onClose: () => {} })
  const writer = new BaseFilesWriter(place, () => source.resume())
  const begun: { start: BasePlace; log: Promise<WalStream> }[] = []
  try {
    const end = await source.baseBackup({
      label: 'basalt',
      onBegin: (start) => {
        begun.push({ start, log: follow(start) })
        begun[0]?.log.catch(() => source.close())
      },
      onBytes: (bytes) => {
        if (!writer.write(bytes)) source.pause()
      },
    })
    const { start, log } = begun[0] as { start: BasePlace; log: Promise<WalStream> }
    return { start, end, log: await log, files: await writer.end() }
  } catch (error) {
    writer.abort()
    begun[0]?.log.then(
      (log) => log.close(),
      () => {},
    )
    throw writer.failure ?? error
  } finally {
    source.close()
  }
}

async function describeWal({ target, folder }: Place): Promise<BackupFile[]> {
  const files: BackupFile[] = []
  for (const { name } of await target.list(`${folder}wal/`)) {
    const stored = await target.get(name)
    if (stored !== null) files.push(describeFile(name.slice(folder.length), stored))
  }
  return files
}

/** With a record behind it, so that replaying can stop at any place before. */
async function logOfNow(session: DedicatedSession): Promise<bigint> {
  await session.rows(
    sql`/* backup.mark */ select pg_catalog.pg_logical_emit_message(true, 'basalt', 'backup')::text`,
  )
  const [row] = await session.rows<{ lsn: string }>(
    sql`/* backup.readLog */ select pg_catalog.pg_current_wal_flush_lsn()::text as lsn`,
  )
  return parseLsn(row?.lsn ?? '')
}

/** `2026-11-29T02:00:00.123Z` */
async function readClock(session: DedicatedSession): Promise<string> {
  const [row] = await session.rows<{ now: string }>(
    sql`/* backup.readClock */ select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  return row?.now ?? ''
}

async function refuseTablespaces(session: DedicatedSession): Promise<void> {
  const rows = await session.rows<{ name: string }>(
    sql`/* backup.listTablespaces */ select spcname as name from pg_catalog.pg_tablespace where spcname not in ('pg_default', 'pg_global')`,
  )
  if (rows.length === 0) return
  throw new BackupError(
    'refused',
    `The database has tablespaces of its own (${rows.map(({ name }) => name).join(', ')}), which these backups do not hold. Use pg_basebackup.`,
  )
}

/** Replays the log in a copy of a data folder, up to where it is wished. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { openSession, parseConnectionUrl, printLsn } from '#base/db'
import type { Log } from '#base/kernel'
import { silentLog } from '#base/kernel'
import { sql } from '#base/sql'
import type { BackupManifest } from '#host/backup'
import { BackupError } from '#host/backup'
import { StartError } from '#host/node/core'
import { give, accountFor, startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '#host/node/postgres'

export type RecoveryTarget =
  | { readonly kind: 'end' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'name'; readonly name: string }
  /** Then it stands there and can be looked at, and go on. */
  | { readonly kind: 'pause'; readonly lsn: bigint }

export interface RecoverOptions {
  readonly dataDir: string
  readonly manifest: BackupManifest
  readonly timeline: number
  readonly target: RecoveryTarget
  readonly postgres: Omit<EmbeddedPostgresOptions, 'dataDir'>
}

export interface Recovered {
  readonly postgres: EmbeddedPostgres
  /** Over its socket, which only we can reach: nobody is asked for a password. */
  readonly connection: ConnectionOptions
}

/** The log ended before it. */
export class LogTooShort extends BackupError {
  constructor(message: string) {
    super('none', message)
  }
}

const hbaFile = 'pg_hba.conf'
const keptHba = 'pg_hba.conf.restored'

/** Before the first start: only over the socket, by anybody who can reach it. */
export function openToUs(dataDir: string): void {
  if (!existsSync(join(dataDir, keptHba)))
    renameSync(join(dataDir, hbaFile), join(dataDir, keptHba))
  writeFileSync(join(dataDir, hbaFile), 'local all all trust\n', { mode: 0o600 })
  writeFileSync(join(dataDir, 'recovery.signal'), '', { mode: 0o600 })
}

/** After the last stop: as it was. */
export function closeAgain(dataDir: string): void {
  renameSync(join(dataDir, keptHba), join(dataDir, hbaFile))
  rmSync(join(dataDir, 'recovery.signal'), { force: true })
  const account = accountFor(dataDir)
  if (account !== null) give(join(dataDir, hbaFile), account)
}

/** Resolves when it stands at the target, or (all but `pause`) has become a database of its own. @throws BackupError, StartError */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { dataDir, manifest, timeline, target, postgres: common } = options
  const said: string[] = []
  const log: Log = {
    ...silentLog,
    debug: (message) => {
      if (/FATAL|ERROR|PANIC/.test(message) && said.length < 100) said.push(message)
    },
    error: (message) => void said.push(message),
  }
  const settings = {
    ...common.settings,
    ...largest(manifest.settings, common.settings ?? {}),
    ...targetSettings(target, timeline),
  }
  const password = 'unused'
  const postgres = await startEmbeddedPostgres({
    ...common,
    dataDir,
    password,
    settings,
    recovers: true,
    log,
  }).catch((error: unknown) => {
    if (error instanceof StartError && error.failure === 'wrong-version')
      throw otherVersion(manifest, error)
    throw explain(error, error instanceof Error ? error.message : '')
  })
  const connection = socketOf(postgres, manifest)
  try {
    await arrive(postgres, connection, target, () => said.join('\n'))
    return { postgres, connection }
  } catch (error) {
    await postgres.stop('immediate')
    throw error
  }
}

/** Postgres refuses to look at a log whose writer had more of these. */
function largest(
  wanted: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [
      name,
      String(Math.max(Number(value), Number(own[name] ?? 0))),
    ]),
  )
}

function targetSettings(target: RecoveryTarget, timeline: number): Record<string, string> {
  const common = {
    // all there is lies in pg_wal already
    restore_command: 'exit 1',
    primary_conninfo: '',
    hot_standby: 'on',
    archive_mode: 'off',
    recovery_target_timeline: String(timeline),
    recovery_target_action: target.kind === 'pause' ? 'pause' : 'promote',
    recovery_target_inclusive: target.kind === 'time' ? 'on' : 'off',
  }
  if (target.kind === 'pause') return { ...common, recovery_target_lsn: printLsn(target.lsn) }
  if (target.kind === 'name') return { ...common, recovery_target_name: target.name }
  if (target.kind === 'time') return { ...common, recovery_target_time: printTime(target.ms) }
  return common
}

/** When Postgres reads it, it does not know names of zones yet, nor the letter Z. */
function printTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '+00')
}

function socketOf(postgres: EmbeddedPostgres, { login }: BackupManifest): ConnectionOptions {
  if (postgres.socketDir === null)
    throw new BackupError('refused', 'Restoring needs Unix sockets, which Windows has not.')
  const options = parseConnectionUrl(
    `postgres://x@127.0.0.1:${postgres.port}/x?host=${encodeURIComponent(postgres.socketDir)}`,
  )
  const settings = Number.parseInt(postgres.version, 10) >= 17 ? { event_triggers: 'off' } : {}
  return {
    ...options,
    user: login.user,
    database: login.database,
    settings: { ...settings, search_path: '' },
  }
}

async function arrive(
  postgres: EmbeddedPostgres,
  connection: ConnectionOptions,
  target: RecoveryTarget,
  said: () => string,
): Promise<void> {
  const ended: { is: boolean } = { is: false }
  void postgres.exited.then(() => (ended.is = true))
  let session: DedicatedSession | null = null
  try {
    for (;;) {
      if (ended.is) throw explain(null, said())
      try {
        session ??= await openSession(connection)
        const state = await readState(session)
        if (target.kind === 'pause' ? state === 'paused' : state === 'done') return
      } catch (error) {
        session?.close()
        session = null
        // gone, or going
        await sleep(100)
        if (!ended.is && postgres.pid > 0 && !isTransient(error)) throw error
      }
      await sleep(10)
    }
  } finally {
    session?.close()
  }
}

function isTransient(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'closed' || code === 'connect' || /^57P|^08/.test(code) || code === ''
}

async function readState(session: DedicatedSession): Promise<string> {
  const [row] = await session.rows<{ state: string }>(
    sql`/* backup.readRecovery */ select case when not pg_catalog.pg_is_in_recovery() then 'done'
      else pg_catalog.pg_get_wal_replay_pause_state() end as state`,
  )
  return row?.state ?? ''
}

function otherVersion({ postgres }: BackupManifest, cause: StartError): BackupError {
  const major = Number.parseInt(postgres, 10)
  return new BackupError(
    'refused',
    `The backup is of Postgres ${postgres}, and the one here is of another version. Name the programs of that one: --postgres-bin /usr/lib/postgresql/${major}/bin`,
    cause,
  )
}

function explain(error: unknown, said: string): Error {
  if (/recovery ended before configured recovery target was reached/.test(said))
    return new LogTooShort('The stored log ends before what is wished: not all of it was stored.')
  const reason =
    said === '' ? 'Postgres says nothing' : said.split('\n').slice(-3).join(' ').slice(0, 500)
  return new BackupError('check', `The copy does not become a database: ${reason}`, error)
}

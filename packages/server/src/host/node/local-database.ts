/** The database of a local project: the embedded Postgres in supabase/.temp/pgdata, kept running, or one that is given. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '#base/config'
import type { Log } from '#base/kernel'
import type { Requirement } from '#host/platform'
import { lockDataFolder, keepPostgres, stopOrphan } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { discardBlobs } from '#host/node/blobs'
import type { OnProgress } from '#host/node/core'
import { finishMoves, reportStep, restoreJournal, StartError } from '#host/node/core'
import { openTempFolder } from './run-state.ts'

export interface LocalDatabaseOptions {
  readonly workdir: string
  readonly config: Config
  readonly log: Log
  readonly onProgress: OnProgress
  readonly onWarning: (message: string) => void
  /** Why the embedded Postgres does not run for now; null when it does again. */
  readonly onTrouble?: (message: string | null) => void
  /** The embedded Postgres ended too often to be started again. */
  readonly onFailure: (error: unknown) => void
}

export interface LocalDatabase {
  /** Of the platform's own user; perhaps a pooler's. */
  readonly platformUrl: string
  /** Of the user that migrations run as, and for people. */
  readonly userUrl: string
  /** It was made just now, for this project: roles, migrations and seeds are still to be applied. */
  readonly isNew: boolean
  readonly isEmbedded: boolean
  /** From here on the database is a project's, with data to keep. */
  settle(): void
  stop(): Promise<void>
}

export async function openLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const given = options.config['basalt.db_url']
  const direct = options.config['basalt.db.direct_url']
  if (given !== null) return openGiven(given, direct ?? given, options)
  if (direct === null) return openEmbedded(options)
  throw new StartError(
    'config',
    'basalt.db.direct_url is the way around the pooler that basalt.db_url names: set that one too.',
  )
}

async function openGiven(
  url: string,
  direct: string,
  options: LocalDatabaseOptions,
): Promise<LocalDatabase> {
  const { checkGivenDatabase } = await import('#host/platform')
  const found = await reportStep(options.onProgress, 'checking the given database', () =>
    checkGivenDatabase(direct),
  )
  const lines = (level: Requirement['level']): string[] =>
    found
      .filter((item) => item.level === level)
      .map((item) => `${item.message}\n    ${item.remedy}`)
  for (const warning of lines('warning')) options.onWarning(warning)
  const missing = lines('missing').map((line) => `\n  - ${line}`)
  if (missing.length > 0) {
    throw new StartError(
      'config',
      `The given database cannot be used; nothing was changed:${missing.join('')}`,
    )
  }
  const nothing = (): void => {}
  return {
    platformUrl: url,
    userUrl: direct,
    // whatever is in it: what runs there is for its owner to say
    isNew: false,
    isEmbedded: false,
    settle: nothing,
    stop: async () => {},
  }
}

interface Files {
  readonly dataDir: string
  /** There until the first start has applied everything. */
  readonly unfinished: string
}

function filesOf(workdir: string): Files {
  const dataDir = join(openTempFolder(workdir), 'pgdata')
  return { dataDir, unfinished: `${dataDir}.unfinished` }
}

async function openEmbedded(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const { workdir, config } = options
  const files = filesOf(workdir)
  finishMoves(restoreJournal(workdir))
  if (existsSync(files.unfinished) && existsSync(files.dataDir)) {
    options.onWarning('the first start had not finished; beginning with a new database')
    await discardDatabase(workdir)
  }
  const isNew = !existsSync(files.dataDir)
  if (isNew) writeFileSync(files.unfinished, '')
  const postgres = await keepPostgres({
    dataDir: files.dataDir,
    port: config['db.port'],
    settings: config['db.settings'],
    binaries: absolute(workdir, config['basalt.db.binaries']),
    extensionPaths: config['basalt.db.extension_paths'].map((path) => resolve(workdir, path)),
    ...(config['db.root_key'] === null ? {} : { vaultKey: config['db.root_key'] }),
    log: options.log,
    onProgress: options.onProgress,
    onTrouble: options.onTrouble ?? (() => {}),
    onFailure: options.onFailure,
  })
  const { port } = postgres.current
  return {
    platformUrl: addressOf(postgres.current),
    userUrl: `postgresql://postgres:${encodeURIComponent(config['basalt.db_password'])}@127.0.0.1:${port}/postgres`,
    isNew,
    isEmbedded: true,
    settle: () => rmSync(files.unfinished, { force: true }),
    stop: () => postgres.stop(),
  }
}

/** The Unix socket: 5 to 10 % more queries a second than TCP (measurements C3). */
function addressOf({ user, password, port, socketDir, version }: EmbeddedPostgres): string {
  const socket = socketDir === null ? '' : `&host=${encodeURIComponent(socketDir)}`
  // one that fires at a login would run with a superuser's rights; before 17 there are none, and no such setting
  const settings =
    Number.parseInt(version, 10) >= 17 ? encodeURIComponent('-c event_triggers=off') : ''
  return `postgresql://${user}:${password}@127.0.0.1:${port}/postgres?options=${settings}${socket}`
}

function absolute(workdir: string, path: string | null): string | null {
  return path === null ? null : resolve(workdir, path)
}

/** Deletes the embedded database of a project that does not run. */
export async function discardDatabase(workdir: string): Promise<void> {
  const { dataDir, unfinished } = filesOf(workdir)
  const lock = lockDataFolder(dataDir)
  try {
    if (existsSync(dataDir)) await stopOrphan(dataDir)
    rmSync(dataDir, { recursive: true, force: true })
    rmSync(unfinished, { force: true })
    discardBlobs(workdir)
  } finally {
    lock.release()
  }
}

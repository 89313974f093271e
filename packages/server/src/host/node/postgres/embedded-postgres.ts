/** The embedded Postgres: the npm package's binaries as a child process on a data folder, ready in 0.1 s, gone when we are. */
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Log } from '#base/kernel'
import { silentLog } from '#base/kernel'
import { freePort } from './free-port.ts'
import { initPostgres, needsInit, readKey } from './init-postgres.ts'
import { readInstalledPostgres } from './installed-postgres.ts'
import { accountFor, socketFolder } from './postgres-account.ts'
import type { Binaries } from './postgres-binaries.ts'
import { cacheRoot, prepareBinaries } from './postgres-binaries.ts'
import { prepareExtensions } from './prepare-extensions.ts'
import type { ExtensionSetup } from './prepare-extensions.ts'
import type { PostgresExit, RunningPostmaster, StopMode } from './postmaster.ts'
import { launchPostmaster } from './postmaster.ts'
import type { ProcessLock, OnProgress } from '#host/node/core'
import { takeLock, reportStep, StartError } from '#host/node/core'
import { removeSocketFolder, stopOrphan } from './running-postmaster.ts'
import { placeVaultKey } from './vault-key.ts'

export interface EmbeddedPostgresOptions {
  /** The data folder; created with everything in it when it does not exist. */
  readonly dataDir: string
  /** TCP port on 127.0.0.1. Default: any free one. */
  readonly port?: number
  /** Folder of the Unix socket, at most 85 bytes. Default: a private one that goes when Postgres stops. */
  readonly socketDir?: string
  /** The superuser's. Default: a random one, made with the data folder and kept in it. */
  readonly password?: string
  /** Default `supabase_admin`. Taken when the data folder is created. */
  readonly superuser?: string
  /** Of the secrets in the vault, 64 hexadecimal digits. Default: a random one, made once and kept in the data folder. */
  readonly vaultKey?: string
  /** Postgres parameters by name; they win over our laptop-sized defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** The programs of an installed Postgres, 15 to 18: `/usr/lib/postgresql/17/bin`. Default: the npm package's, 18. */
  readonly binaries?: string | null
  /** Folders with more extensions, see `basalt.db.extension_paths`. */
  readonly extensionPaths?: readonly string[]
  /** It replays a log first, for as long as that takes, and may be looked at meanwhile. */
  readonly recovers?: boolean
  readonly log?: Log
  readonly onProgress?: OnProgress
}

export interface EmbeddedPostgres {
  readonly pid: number
  readonly host: string
  readonly port: number
  /** Null on Windows. */
  readonly socketDir: string | null
  readonly user: string
  readonly password: string
  /** `18.4` */
  readonly version: string
  /** Whether this start created the data folder. */
  readonly created: boolean
  /**
   * `fast` (default) rolls back what runs and shuts down; `immediate` leaves recovery to the next start.
   * A fast stop that takes more than 10 s becomes immediate.
   */
  stop(mode?: StopMode): Promise<void>
  /** Resolves when Postgres has ended, asked or not. */
  readonly exited: Promise<PostgresExit>
}

/**
 * Starts Postgres on `dataDir` and resolves when it accepts connections. Rejects with a `StartError` that names cause and remedy.
 * One starter per data folder: a second one is refused while the first lives; what a dead one left running is stopped first.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  mkdirSync(dirname(dataDir), { recursive: true })
  const lock = lockDataFolder(dataDir)
  try {
    return await startLocked({ ...options, dataDir }, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** For as long as it is held nobody else starts Postgres there. */
export function lockDataFolder(dataDir: string): ProcessLock {
  const lock = takeLock(`${dataDir}.lock`)
  if ('release' in lock) return lock
  throw new StartError(
    'already-running',
    `The database in ${dataDir} is already run by process ${lock.heldBy}. Stop it first (basalt stop, or Ctrl-C where it runs).`,
  )
}

async function startLocked(
  options: EmbeddedPostgresOptions,
  lock: ProcessLock,
): Promise<EmbeddedPostgres> {
  const { dataDir, superuser = 'supabase_admin', onProgress = () => {} } = options
  const account = accountFor(dataDir)
  const installed = options.binaries ?? null
  const binaries =
    installed === null
      ? await prepareBinaries(account, onProgress)
      : await readInstalledPostgres(installed, account)
  const created = needsInit(dataDir, binaries)
  if (created) {
    await reportStep(onProgress, `initialising Postgres ${binaries.version}`, () =>
      initPostgres({ dataDir, superuser, password: options.password, account, binaries }),
    )
  } else if (await stopOrphan(dataDir)) {
    options.log?.warn('stopped a Postgres that a dead process had left on the data folder', {
      dataDir,
    })
  }
  const socketDir =
    process.platform === 'win32' ? null : (options.socketDir ?? socketFolder(dataDir, account))
  try {
    const password = options.password ?? readKey(dataDir)
    placeVaultKey(dataDir, account, options.vaultKey)
    const extensions = prepareExtensions({
      binaries,
      paths: options.extensionPaths ?? [],
      settings: options.settings ?? {},
      cache: cacheRoot(),
    })
    const postmaster = await reportStep(onProgress, 'starting Postgres', () =>
      launch({ ...options, account, binaries, socketDir, extensions }),
    )
    return present(postmaster, { dataDir, password, superuser, binaries, created, socketDir, lock })
  } catch (error) {
    if (socketDir !== null) removeSocketFolder(socketDir, dataDir)
    throw error
  }
}

type LaunchOptions = Omit<EmbeddedPostgresOptions, 'socketDir' | 'binaries'> & {
  readonly account: ReturnType<typeof accountFor>
  readonly binaries: Binaries
  readonly socketDir: string | null
  readonly extensions: ExtensionSetup
}

/** A port we chose ourselves may be taken by another between choosing and binding: then another one is tried. */
async function launch(options: LaunchOptions): Promise<RunningPostmaster> {
  const { log = silentLog, settings = {} } = options
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    try {
      return await launchPostmaster({ ...options, log, settings, port })
    } catch (error) {
      const retry = options.port === undefined && attempt < 5
      if (!retry || !(error instanceof StartError) || error.failure !== 'port-in-use') throw error
    }
  }
}

interface Presented {
  readonly dataDir: string
  readonly password: string
  readonly superuser: string
  readonly binaries: Binaries
  readonly created: boolean
  readonly socketDir: string | null
  readonly lock: ProcessLock
}

function present(postmaster: RunningPostmaster, about: Presented): EmbeddedPostgres {
  const { socketDir, dataDir, lock } = about
  const exited = postmaster.exited.then((exit) => {
    if (socketDir !== null) removeSocketFolder(socketDir, dataDir)
    lock.release()
    return exit
  })
  return {
    pid: postmaster.pid,
    host: '127.0.0.1',
    port: postmaster.port,
    socketDir,
    user: about.superuser,
    password: about.password,
    version: about.binaries.version,
    created: about.created,
    exited,
    stop: async (mode = 'fast') => {
      await postmaster.stop(mode)
      await exited
    },
  }
}

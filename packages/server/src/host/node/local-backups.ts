/** Backups of the local project while it runs, and what is measured of them; loaded where they are turned on. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#base/config'
import { parseConnectionUrl } from '#base/db'
import type { Log } from '#base/kernel'
import { blobFolder } from '#host/node/blobs'
import type { BackupKeeper } from '#host/node/backup'
import type { LocalDatabase } from './local-database.ts'

export interface LocalBackups {
  readonly gauges: readonly {
    readonly name: string
    readonly help: string
    readonly read: () => number | null
  }[]
  /** When the database is ready. @throws BackupError, StartError */
  start(): Promise<void>
  /** While the database still runs. */
  stop(): Promise<void>
}

export interface LocalBackupsOptions {
  readonly workdir: string
  readonly config: Config
  readonly database: LocalDatabase
  readonly log: Log
}

export function localBackups(options: LocalBackupsOptions): LocalBackups {
  const { workdir, config, database } = options
  if (!config['basalt.backup.enabled']) {
    const root = blobFolder(workdir, config)
    // what a backup that broke off has held: none can be under way beside a database that was just started
    if (database.isEmbedded && root !== null)
      rmSync(join(root, 'held'), { recursive: true, force: true })
    return { gauges: [], start: async () => {}, stop: async () => {} }
  }
  let keeper: BackupKeeper | null = null
  return {
    gauges: gaugesOf(() => keeper),
    start: async () => {
      const { keepBackups } = await import('#host/node/backup')
      keeper = await keepBackups({
        ...options,
        databaseUrl: database.isEmbedded ? null : database.userUrl,
        connection: () => parseConnectionUrl(database.userUrl),
        port: () => Number(new URL(database.userUrl).port),
      })
    },
    stop: async () => {
      await keeper?.stop()
      keeper = null
    },
  }
}

function gaugesOf(keeper: () => BackupKeeper | null): LocalBackups['gauges'] {
  const seconds = (ms: number | null | undefined): number | null => (ms == null ? null : ms / 1_000)
  const state = () => keeper()?.state
  return [
    {
      name: 'backup_last_success_timestamp_seconds',
      help: 'When the newest backup was made',
      read: () => seconds(state()?.lastSuccessMs),
    },
    {
      name: 'backup_last_verified_timestamp_seconds',
      help: 'When a backup was last restored for a try, and was good',
      read: () => seconds(state()?.lastVerifiedMs),
    },
    {
      name: 'backup_rpo_seconds',
      help: 'What would be lost now: seconds of the log that are not stored',
      read: () => {
        const covered = state()?.coveredMs
        return covered == null ? null : Math.max(0, Date.now() - covered) / 1_000
      },
    },
    {
      name: 'backup_rto_seconds',
      help: 'How long the last try to restore took',
      read: () => state()?.verifySeconds ?? null,
    },
    {
      name: 'backup_failures',
      help: 'Backups and parts of the log that could not be stored, since the start',
      read: () => state()?.failures ?? null,
    },
    {
      name: 'backup_wal_kept_bytes',
      help: 'The log that Postgres keeps until it is stored',
      read: () => state()?.keptBytes ?? null,
    },
  ]
}

/** The database that a backup is of: the embedded one, running or started for it, or one that is given. */
import { existsSync } from 'node:fs'
import type { ConnectionOptions } from '#base/db'
import { BackupError } from '#host/backup'
import { readVaultKey, startEmbeddedPostgres } from '#host/node/postgres'
import { StartError } from '#host/node/core'
import { dataFolder, embeddedConnection, withoutSearchPath } from './backup-place.ts'
import type { BackupPlaceOptions } from './backup-place.ts'
import { postgresOptions } from './postgres-options.ts'

export interface ClusterOptions extends BackupPlaceOptions {
  /** One's own; undefined: that of the configuration, or the embedded one. */
  readonly databaseUrl?: string | undefined
  /** Of the embedded one that runs; null when it does not. */
  readonly runningPort: number | null
}

export interface LocalCluster {
  readonly connection: ConnectionOptions
  readonly isEmbedded: boolean
  /** What the vault's secrets are opened with. */
  readonly vaultKey: string | null
  close(): Promise<void>
}

/** @throws BackupError, StartError */
export async function openLocalCluster(options: ClusterOptions): Promise<LocalCluster> {
  const { workdir, config, runningPort } = options
  const given =
    options.databaseUrl ?? config['basalt.db.direct_url'] ?? config['basalt.db_url'] ?? null
  const nothing = async (): Promise<void> => {}
  if (given !== null)
    return {
      connection: withoutSearchPath(given),
      isEmbedded: false,
      vaultKey: null,
      close: nothing,
    }
  const dataDir = dataFolder(workdir)
  if (!existsSync(dataDir))
    throw new BackupError('none', `There is no database in ${workdir} yet: basalt start makes it.`)
  const vaultKey = readVaultKey(dataDir)
  if (runningPort !== null) {
    const connection = embeddedConnection(workdir, runningPort)
    return { connection, isEmbedded: true, vaultKey, close: nothing }
  }
  const postgres = await startEmbeddedPostgres({ dataDir, ...postgresOptions(options) }).catch(
    (error: unknown) => {
      if (error instanceof StartError && error.failure === 'already-running')
        throw new BackupError('busy', error.message, error)
      throw error
    },
  )
  const { port } = postgres
  const connection = embeddedConnection(workdir, port)
  return { connection, isEmbedded: true, vaultKey, close: () => postgres.stop() }
}

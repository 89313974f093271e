/** `basalt backup create`: of the project's database and objects, running or not. */
import { basename } from 'node:path'
import { createBackup, removeOldBackups } from '#host/backup'
import type { BackupManifest } from '#host/backup'
import { lineageOf, openBackupPlace } from './backup-place.ts'
import { diskObjects } from './disk-objects.ts'
import { openLocalCluster } from './local-cluster.ts'
import type { ClusterOptions } from './local-cluster.ts'

export interface CreateLocalOptions extends ClusterOptions {
  readonly onProgress: (message: string) => void
  readonly onWarning: (message: string) => void
}

/** Old ones are removed after it. @throws BackupError, StartError */
export async function createLocalBackup(options: CreateLocalOptions): Promise<BackupManifest> {
  const { workdir, config, onProgress, onWarning } = options
  const { target, key } = openBackupPlace(options)
  const cluster = await openLocalCluster(options)
  try {
    const { vaultKey, connection } = cluster
    const manifest = await createBackup({
      target,
      key,
      connection,
      lineage: lineageOf(workdir),
      project: config.project_id ?? basename(workdir),
      objects: diskObjects(workdir, config),
      secrets: vaultKey === null ? {} : { vaultKey },
      onProgress,
    })
    if (manifest.facts === null)
      onWarning(
        'Rows were not counted, so a restore cannot compare them: wal_level is not "logical", or a transaction that writes went on for more than 30 s.',
      )
    const { system } = manifest
    const keepMs = config['basalt.backup.keep']
    await removeOldBackups({ target, key, system, keepMs, nowMs: Date.now() })
    return manifest
  } finally {
    await cluster.close()
    await target.close()
  }
}

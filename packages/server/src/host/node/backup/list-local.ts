/** `basalt backup list` */
import { listBackups } from '#host/backup'
import type { ListedBackup } from '#host/backup'
import { openBackupPlace } from './backup-place.ts'
import type { BackupPlaceOptions } from './backup-place.ts'

export interface BackupList {
  readonly place: string
  readonly backups: readonly ListedBackup[]
}

/** Of all databases that are backed up there, oldest first. @throws BackupError */
export async function listLocalBackups(options: BackupPlaceOptions): Promise<BackupList> {
  const { target, key } = openBackupPlace(options)
  try {
    return { place: target.place, backups: await listBackups(target, key) }
  } finally {
    await target.close()
  }
}

/** backup: a database's files, its log and its objects, kept where they can be had again; a folder or S3. */
export { BackupError } from './errors.ts'
export type { BackupFailure } from './errors.ts'
export { createBackup } from './create-backup.ts'
export type { CreateOptions } from './create-backup.ts'
export { copyNewObjects, listStoredObjects, readObject } from './copy-objects.ts'
export type { ObjectFile, ObjectSource } from './copy-objects.ts'
export { countRows } from './database-facts.ts'
export { folderTarget } from './folder-target.ts'
export {
  clusterName,
  folderOfBackup,
  idAt,
  listBackups,
  readSealed,
  writeSealed,
} from './manifest.ts'
export type { BackupManifest, ListedBackup, Verification } from './manifest.ts'
export { readFileOf } from './base-files.ts'
export type { Place } from './base-files.ts'
export { placeBase, placeLog } from './place-files.ts'
export { removeOldBackups } from './remove-old.ts'
export { s3Target } from './s3-target.ts'
export { sealKey } from './seal.ts'
export type { SealKey } from './seal.ts'
export type { BackupTarget } from './target.ts'
export { Archive, readCoverage } from './archive.ts'
export type { ArchiveState, Coverage } from './archive.ts'
export { chooseRestore } from './choose-restore.ts'
export type { RestorePlan, RestoreWish } from './choose-restore.ts'

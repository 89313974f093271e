/** One open database: group commit, snapshots, transactions that see conflicts. */
export { isConflict, Storage } from './storage.ts'
export { SnapshotView } from './snapshot-view.ts'
export { StorageTransaction } from './storage-transaction.ts'
export type { CommitQueueOptions, Durability } from './commit-queue.ts'
export type { ReadView, WriteView } from './view.ts'

/** storage: buckets and objects, the Supabase Storage API. */
export { storageErrorTables } from './error-tables.ts'
export { s3Keys } from '#services/storage/s3'
export { sweepStorage } from '#services/storage/sweep'
export type { Orphan, SweepReport } from '#services/storage/sweep'
export { storageMigrations } from './storage-migrations.ts'
export { createStorage, storage } from './storage-service.ts'

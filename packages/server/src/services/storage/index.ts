/** storage: buckets and objects, the Supabase Storage API. */
export { checkS3, createDiskStore, createMemoryStore, createS3Store } from '#services/storage/blob'
export type { BlobStore, S3Options } from '#services/storage/blob'
export { s3Keys } from '#services/storage/s3'
export { sweepStorage } from '#services/storage/sweep'
export type { Orphan, SweepReport } from '#services/storage/sweep'
export { storageMigrations } from './storage-migrations.ts'
export { createStorage, storage } from './storage-service.ts'

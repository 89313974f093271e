/** storage: buckets and objects, the Supabase Storage API. */
export { createDiskStore, createMemoryStore } from '#services/storage/blob'
export type { BlobStore } from '#services/storage/blob'
export { s3Keys } from '#services/storage/s3'
export { storageMigrations } from './storage-migrations.ts'
export { createStorage, storage } from './storage-service.ts'

/** storage: buckets and objects, the Supabase Storage API. */
export { createDiskStore, createMemoryStore } from '#services/storage/blob'
export type { BlobStore } from '#services/storage/blob'
export { storageMigrations } from './storage-migrations.ts'
export { createStorage, storage } from './storage-service.ts'

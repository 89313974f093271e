/** storage: buckets and objects. So far their tables and functions, which applications' SQL stands on. */
export { storageMigrations } from './storage-migrations.ts'

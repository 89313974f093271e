/** blob: where bytes are kept, a port and its adapters: this disk, S3, memory. */
export { blobErrors, pathOf } from './blob-store.ts'
export type {
  Appended,
  Blob,
  BlobKey,
  BlobStore,
  ByteRange,
  PutOptions,
  Stored,
  StoredName,
  UploadStore,
} from './blob-store.ts'
export { createDiskStore, digestOf } from './disk-store.ts'
export { countBytes } from './count-bytes.ts'
export type { BlobCounts } from './count-bytes.ts'
export { keepSmall } from './kept-store.ts'
export { createMemoryStore } from './memory-store.ts'
export { checkS3, createS3Store } from './s3-store.ts'
export type { S3Options } from './s3-client.ts'

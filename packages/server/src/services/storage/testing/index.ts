/** storage/testing: what its own tests and those of its adapters share; not built. */
export { blobSuite } from './blob-suite.ts'
export { presign } from './presign.ts'
export type { Presigned, S3Secret } from './presign.ts'

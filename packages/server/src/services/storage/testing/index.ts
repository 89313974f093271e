/** storage/testing: what its own tests share; not built. */
export { presign } from './presign.ts'
export type { Presigned, S3Secret } from './presign.ts'

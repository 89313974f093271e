/** storage/s3: the S3 protocol at /storage/v1/s3. */
export { answerS3 } from './dispatch.ts'
export { s3Keys } from './keys.ts'
export type { S3Keys } from './keys.ts'

/** storage/bucket: buckets, and the rules they make for what is in them. */
export {
  changeBucket,
  createBucket,
  emptyBucket,
  findRules,
  getBucket,
  listBuckets,
  removeBucket,
} from './endpoints.ts'
export { isoTime, ownerOf } from './statements.ts'
export type { BucketRules } from './statements.ts'

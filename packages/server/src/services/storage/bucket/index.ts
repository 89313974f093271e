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
export {
  deleteBucket,
  hasObjects,
  insertBucket,
  isoTime,
  ownerOf,
  selectBucket,
  selectBuckets,
} from './statements.ts'
export type { BucketRow, BucketRules } from './statements.ts'

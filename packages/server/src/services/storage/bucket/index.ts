/** storage/bucket: buckets, and the rules they make for what is in them. */
export {
  changeBucket,
  createBucket,
  deleteEmpty,
  emptyBucket,
  findRules,
  getBucket,
  listBuckets,
  removeBucket,
} from './endpoints.ts'
export {
  hasObjects,
  insertBucket,
  isoTime,
  ownerOf,
  selectBucket,
  selectBuckets,
} from './statements.ts'
export type { BucketRow, BucketRules } from './statements.ts'

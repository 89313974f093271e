/** storage/core: what every room of Storage stands on. */
export {
  newVersion,
  optionalCaller,
  requireCaller,
  requireService,
  tokenWording,
} from './context.ts'
export type { StorageContext, StorageRuntime } from './context.ts'
export { probe, readRows, service, write, writeEach } from './database.ts'
export { storageErrors } from './errors.ts'
export { LeavingsKeeper } from './leavings.ts'
export { PurgeQueue } from './purge-queue.ts'
export { formatError, translate } from './format-error.ts'
export { Fields, readBody, readQuery } from './fields.ts'
export { checkAllowedTypes, checkBucketName, checkKey, isAllowedType, parseSize } from './names.ts'
export {
  describeTransformation,
  readTransformation,
  transformationClaims,
  transformationOf,
} from './transformation.ts'
export type { Gravity, Transformation } from './transformation.ts'
export { signUrl, verifyUrl } from './url-token.ts'
export type { UrlClaims } from './url-token.ts'
export { insertUpload } from './upload-rows.ts'

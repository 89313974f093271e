/** storage/object: objects, from upload to removal. */
export { acceptUpload, checkPermission, checkUpload, sizeLimitOf } from './accept-upload.ts'
export type { UploadFacts, UploadTarget } from './accept-upload.ts'
export { forget, forgetObjects } from './forget.ts'
export { limited } from './limited.ts'
export { parseRange } from './range.ts'
export { keepFromActing, objectHeaders, serveObject } from './serve-object.ts'
export { isUnchanged } from './conditional.ts'
export {
  expiryOf,
  findAuthenticated,
  findPublic,
  findVisible,
  getAuthenticatedObject,
  getObject,
  getPublicObject,
  getSignedObject,
  infoOfAuthenticatedObject,
  infoOfObject,
  infoOfPublicObject,
} from './read-endpoints.ts'
export { movePrefix, removePrefix } from './prefix-endpoints.ts'
export { removeObject, removeObjects } from './remove-endpoints.ts'
export { signObject, signObjects } from './sign-endpoints.ts'
export { copyBytes, copyEndpoint, moveEndpoint } from './transfer-endpoints.ts'
export { deleteObjects, selectNames, selectObject } from './statements.ts'
export type { ObjectRow, SystemMetadata } from './statements.ts'
export { useObject } from './use-object.ts'
export {
  asksForUpsert,
  ownerIdOf,
  signUpload,
  uploadBySignedUrl,
  uploadObject,
} from './upload-endpoints.ts'
export { readForm } from './multipart.ts'
export type { UploadForm } from './multipart.ts'
export { parseMetadata } from './upload-request.ts'

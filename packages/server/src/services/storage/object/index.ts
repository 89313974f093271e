/** storage/object: objects, from upload to removal. */
export { acceptUpload, checkPermission, checkUpload, sizeLimitOf } from './accept-upload.ts'
export type { UploadFacts, UploadTarget } from './accept-upload.ts'
export { limited } from './limited.ts'
export { listFolder, listKeys } from './list-endpoints.ts'
export {
  findVisible,
  getAuthenticatedObject,
  getObject,
  getPublicObject,
  getSignedObject,
  infoOfAuthenticatedObject,
  infoOfObject,
  infoOfPublicObject,
} from './read-endpoints.ts'
export { removeObject, removeObjects } from './remove-endpoints.ts'
export { signObject, signObjects } from './sign-endpoints.ts'
export { copyEndpoint, moveEndpoint } from './transfer-endpoints.ts'
export { selectObject } from './statements.ts'
export {
  asksForUpsert,
  ownerIdOf,
  signUpload,
  uploadBySignedUrl,
  uploadObject,
} from './upload-endpoints.ts'
export { parseMetadata } from './upload-request.ts'

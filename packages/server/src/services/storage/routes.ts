/** Method and path → endpoint, with the name policies see as `storage.operation`. `:bucket` is one segment, `*` all of the rest. */
import type { HttpResponse } from '#base/http'
import { jsonResponse, textResponse } from '#base/http'
import {
  changeBucket,
  createBucket,
  emptyBucket,
  getBucket,
  listBuckets,
  removeBucket,
} from '#services/storage/bucket'
import type { StorageContext } from '#services/storage/core'
import { listFolder, listKeys } from '#services/storage/listing'
import {
  copyEndpoint,
  getAuthenticatedObject,
  getObject,
  getPublicObject,
  getSignedObject,
  infoOfAuthenticatedObject,
  infoOfObject,
  infoOfPublicObject,
  moveEndpoint,
  movePrefix,
  removeObject,
  removeObjects,
  removePrefix,
  signObject,
  signObjects,
  signUpload,
  uploadBySignedUrl,
  uploadObject,
} from '#services/storage/object'
import { renderAuthenticated, renderPublic, renderSigned } from '#services/storage/render'
import { describeProtocol, resumable } from '#services/storage/resumable'

export interface StorageRoute {
  readonly method: string
  /** Longer ones first where two fit: the table is read from its top. */
  readonly pattern: string
  readonly operation: string
  readonly handler: (context: StorageContext) => Promise<HttpResponse>
}

const route = (
  method: string,
  pattern: string,
  operation: string,
  handler: StorageRoute['handler'],
): StorageRoute => ({ method, pattern, operation, handler })

const read = (
  pattern: string,
  operation: string,
  handler: StorageRoute['handler'],
): StorageRoute[] => [
  route('GET', pattern, operation, handler),
  route('HEAD', pattern, operation, handler),
]

/** Resumable uploads below `path`, of callers or of who has a signed upload token. */
function uploadsAt(path: string, isSigned: boolean): StorageRoute[] {
  const { begin, append, remove, look } = resumable(isSigned)
  return [
    route('OPTIONS', path, 'storage.tus.options', describeProtocol),
    route('OPTIONS', `${path}/*`, 'storage.tus.options', describeProtocol),
    route('POST', path, 'storage.tus.upload.create', begin),
    route('HEAD', `${path}/*`, 'storage.tus.upload.get', look),
    route('PATCH', `${path}/*`, 'storage.tus.upload.part', append),
    route('DELETE', `${path}/*`, 'storage.tus.upload.delete', remove),
  ]
}

export const routes: readonly StorageRoute[] = [
  route('GET', '/status', '', () => Promise.resolve(jsonResponse(200, {}))),
  route('GET', '/version', '', () => Promise.resolve(textResponse(200, 'basalt'))),

  route('POST', '/bucket', 'storage.bucket.create', createBucket),
  route('GET', '/bucket', 'storage.bucket.list', listBuckets),
  route('POST', '/bucket/:bucket/empty', 'storage.bucket.empty', emptyBucket),
  route('GET', '/bucket/:bucket', 'storage.bucket.get', getBucket),
  route('PUT', '/bucket/:bucket', 'storage.bucket.update', changeBucket),
  route('DELETE', '/bucket/:bucket', 'storage.bucket.delete', removeBucket),

  route('POST', '/object/move', 'storage.object.move', moveEndpoint),
  route('POST', '/object/copy', 'storage.object.copy', copyEndpoint),
  route('POST', '/object/list/:bucket', 'storage.object.list', listFolder),
  route('POST', '/object/list-v2/:bucket', 'storage.object.list_v2', listKeys),
  route('POST', '/object/upload/sign/:bucket/*', 'storage.object.sign_upload_url', signUpload),
  route('PUT', '/object/upload/sign/:bucket/*', 'storage.object.upload_signed', uploadBySignedUrl),
  route('POST', '/object/sign/:bucket', 'storage.object.sign_many', signObjects),
  route('POST', '/object/sign/:bucket/*', 'storage.object.sign', signObject),
  ...read('/object/sign/:bucket/*', 'storage.object.get_signed', getSignedObject),
  ...read('/object/public/:bucket/*', 'storage.object.get_public', getPublicObject),
  ...read(
    '/object/authenticated/:bucket/*',
    'storage.object.get_authenticated',
    getAuthenticatedObject,
  ),
  ...read('/object/info/public/:bucket/*', 'storage.object.info_public', infoOfPublicObject),
  ...read(
    '/object/info/authenticated/:bucket/*',
    'object.get_authenticated_info',
    infoOfAuthenticatedObject,
  ),
  ...read('/object/info/:bucket/*', 'object.get_authenticated_info', infoOfObject),
  ...read('/object/:bucket/*', 'storage.object.get_authenticated', getObject),
  route('POST', '/object/:bucket/*', 'storage.object.upload', uploadObject),
  route('PUT', '/object/:bucket/*', 'storage.object.upload_update', uploadObject),
  route('DELETE', '/object/:bucket/*', 'storage.object.delete', removeObject),
  route('DELETE', '/object/:bucket', 'storage.object.delete_many', removeObjects),

  // ours: all below a prefix, as if each were named
  route('POST', '/prefix/move', 'storage.object.move', movePrefix),
  route('DELETE', '/prefix/:bucket', 'storage.object.delete_many', removePrefix),

  ...read('/render/image/public/:bucket/*', 'storage.render.image_public', renderPublic),
  ...read(
    '/render/image/authenticated/:bucket/*',
    'storage.render.image_authenticated',
    renderAuthenticated,
  ),
  ...read('/render/image/sign/:bucket/*', 'storage.render.image_sign', renderSigned),

  ...uploadsAt('/upload/resumable/sign', true),
  ...uploadsAt('/upload/resumable', false),
]

/** Which operation an S3 request is: by its method, by whether it names a bucket and a key, and by its query. */
import type { HttpResponse } from '#base/http'
import { storageErrors, checkKey } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { authorize } from './authorize.ts'
import type { S3Caller } from './authorize.ts'
import * as buckets from './bucket-operations.ts'
import { s3Errors } from './errors.ts'
import * as lists from './list-operations.ts'
import * as multipartLists from './multipart-lists.ts'
import * as multipart from './multipart-operations.ts'
import * as objects from './object-operations.ts'
import { postForm } from './post-form.ts'
import { answering } from './respond.ts'
import { refuseAbsent } from './subresources.ts'

interface Operation {
  /** As policies see it. */
  readonly name: string
  readonly run: (context: StorageContext, who: S3Caller) => Promise<HttpResponse>
}

const operation = (name: string, run: Operation['run']): Operation => ({
  name: `storage.s3.${name}`,
  run,
})

/** All of `/s3`. */
export function answerS3(outer: StorageContext): Promise<HttpResponse> {
  return answering(outer, async () => {
    if (!outer.config['storage.s3_protocol.enabled']) throw s3Errors.MethodNotAllowed()
    const named = nameOf(outer)
    if (isForm(outer)) return postForm({ ...outer, ...named })
    const who = authorize(outer)
    const { name, run } = find({ ...outer, ...named })
    return run({ ...outer, ...named, operation: name }, who)
  })
}

/** Its signature is among its fields. */
function isForm({ request: { method, headers } }: StorageContext): boolean {
  return method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '')
}

function nameOf({ request }: StorageContext): { bucketId: string; key: string } {
  const rest = request.path.slice('/s3'.length).replace(/^\//, '')
  let decoded: string
  try {
    decoded = decodeURIComponent(rest)
  } catch {
    throw storageErrors.InvalidKey({ key: rest.slice(0, 1024) })
  }
  if (decoded.includes('\0')) throw storageErrors.InvalidKey({ key: rest.slice(0, 1024) })
  const slash = decoded.indexOf('/')
  if (slash === -1) return { bucketId: decoded, key: '' }
  return { bucketId: decoded.slice(0, slash), key: decoded.slice(slash + 1) }
}

function find(context: StorageContext): Operation {
  const { request, bucketId, key, query } = context
  const { method } = request
  if (bucketId !== '') refuseAbsent(method, key === '' ? 'bucket' : 'object', query)
  const found =
    bucketId === ''
      ? onService(method)
      : key === ''
        ? onBucket(method, query)
        : onObject(method, query, request.headers['x-amz-copy-source'] !== undefined)
  if (found === null) throw s3Errors.MethodNotAllowed()
  if (key !== '' && method !== 'DELETE') checkKey(key)
  return found
}

function onService(method: string): Operation | null {
  return method === 'GET'
    ? operation('bucket.list', (c, { caller }) => buckets.listAll(c, caller))
    : null
}

function onBucket(method: string, query: URLSearchParams): Operation | null {
  switch (method) {
    case 'PUT':
      return operation('bucket.create', (c, { caller }) => buckets.create(c, caller))
    case 'DELETE':
      return operation('bucket.delete', (c, { caller }) => buckets.remove(c, caller))
    case 'HEAD':
      return operation('bucket.get', (c, { caller }) => buckets.look(c, caller))
    case 'POST':
      return query.has('delete')
        ? operation('object.delete_many', (c, { caller }) => objects.removeMany(c, caller))
        : null
    case 'GET':
      return readBucket(query)
    default:
      return null
  }
}

function readBucket(query: URLSearchParams): Operation {
  if (query.has('location'))
    return operation('bucket.get_location', (c, { caller }) => buckets.location(c, caller))
  if (query.has('versioning'))
    return operation('bucket.get_versioning', (c) => buckets.versioning(c))
  if (query.has('uploads'))
    return operation('upload.list_multipart', (c, { caller }) =>
      multipartLists.listUploads(c, caller),
    )
  return query.get('list-type') === '2'
    ? operation('object.list', (c, { caller }) => lists.listV2(c, caller))
    : operation('object.list', (c, { caller }) => lists.listV1(c, caller))
}

function onObject(method: string, query: URLSearchParams, isCopy: boolean): Operation | null {
  const isPart = query.has('uploadId')
  switch (method) {
    case 'PUT':
      return putObject(isPart, isCopy)
    case 'POST':
      if (query.has('uploads'))
        return operation('upload.create_multipart', (c, { caller }) => multipart.begin(c, caller))
      return isPart
        ? operation('upload.complete_multipart', (c, { caller }) => multipart.complete(c, caller))
        : null
    case 'DELETE':
      return isPart
        ? operation('upload.abort_multipart', (c, { caller }) => multipart.abort(c, caller))
        : operation('object.delete', (c, { caller }) => objects.remove(c, caller))
    case 'HEAD':
      return operation('object.info', (c, { caller }) => objects.get(c, caller))
    case 'GET':
      if (isPart)
        return operation('upload.list_parts', (c, { caller }) =>
          multipartLists.listParts(c, caller),
        )
      return query.has('tagging')
        ? operation('object.get_tagging', (c, { caller }) => objects.tagging(c, caller))
        : operation('object.get', (c, { caller }) => objects.get(c, caller))
    default:
      return null
  }
}

function putObject(isPart: boolean, isCopy: boolean): Operation {
  if (isPart)
    return isCopy
      ? operation('upload.part_copy', (c, { caller }) => multipart.uploadPartCopy(c, caller))
      : operation('upload.part', (c, who) => multipart.uploadPart(c, who))
  return isCopy
    ? operation('object.copy', (c, { caller }) => objects.copy(c, caller))
    : operation('upload', (c, who) => objects.put(c, who))
}

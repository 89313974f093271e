/** Objects: listed, uploaded (resumably too), read, moved, signed, deleted. Names of objects are one segment, their slashes encoded. */
import type { HttpResponse } from '#base/http'
import type { ServiceRow } from './service-rows.ts'

const object = '/storage/v1/object'
const upload = '/storage/v1/upload/resumable'

const read = {
  there: ['range', 'if-range', 'if-modified-since'],
  back: ['content-range', 'accept-ranges', 'last-modified', 'content-length'],
}
const write = { there: ['cache-control', 'x-upsert', 'x-metadata'] }
const resumable = {
  there: [
    'tus-resumable',
    'upload-length',
    'upload-offset',
    'upload-metadata',
    'upload-defer-length',
    'x-upsert',
  ],
  back: [
    'tus-resumable',
    'upload-length',
    'upload-offset',
    'upload-expires',
    'upload-metadata',
    'location',
  ],
}

const shown = /^(?:image|audio|video)\//

/** Objects are strangers': by themselves they are a download, in the page a picture. */
function asObject(response: HttpResponse): HttpResponse {
  const { headers } = response
  if (shown.test(String(headers['content-type'] ?? '')) || response.status >= 300) return response
  return { ...response, headers: { ...headers, 'content-disposition': 'attachment' } }
}

/** The upload goes on where it began: at Studio's address. */
function atStudio(response: HttpResponse, ref: string): HttpResponse {
  const { location } = response.headers
  if (typeof location !== 'string') return response
  const id = location.slice(location.lastIndexOf('/') + 1)
  const own = `/admin/v1/projects/${encodeURIComponent(ref)}/storage/upload/${id}`
  return { ...response, headers: { ...response.headers, location: own } }
}

const bucketRows: readonly ServiceRow[] = [
  {
    method: 'POST',
    path: 'buckets/:id/empty',
    least: 'developer',
    to: '/storage/v1/bucket/:id/empty',
    summary: 'Deletes all objects of a bucket',
    audit: 'bucket.empty',
  },
  {
    method: 'POST',
    path: 'storage/list/:bucket',
    least: 'read-only',
    to: `${object}/list/:bucket`,
    summary: 'A folder: { prefix, limit, offset, sortBy, search }',
  },
  {
    method: 'POST',
    path: 'storage/list-v2/:bucket',
    least: 'read-only',
    to: `${object}/list-v2/:bucket`,
    summary: 'Objects by their names, by cursor',
  },
]

const objectRows: readonly ServiceRow[] = [
  {
    method: 'POST',
    path: 'storage/move',
    least: 'developer',
    to: `${object}/move`,
    summary: 'Moves an object: { bucketId, sourceKey, destinationKey }',
    audit: 'object.move',
  },
  {
    method: 'POST',
    path: 'storage/copy',
    least: 'developer',
    to: `${object}/copy`,
    summary: 'Copies an object',
    audit: 'object.copy',
  },
  {
    method: 'POST',
    path: 'storage/move-folder',
    least: 'developer',
    to: '/storage/v1/prefix/move',
    summary: 'Moves a folder, part by part',
    audit: 'object.move',
  },
  {
    method: 'DELETE',
    path: 'storage/folder/:bucket',
    least: 'developer',
    to: '/storage/v1/prefix/:bucket',
    summary: 'Deletes a folder, part by part',
    audit: 'object.delete',
  },
  {
    method: 'POST',
    path: 'storage/sign/:bucket/:name',
    least: 'developer',
    to: `${object}/sign/:bucket/*name`,
    summary: 'A link to an object: { expiresIn }',
    audit: 'object.sign',
  },
  {
    method: 'GET',
    path: 'storage/object/:bucket/:name',
    least: 'read-only',
    to: `${object}/authenticated/:bucket/*name`,
    summary: 'An object',
    passed: read,
    finish: asObject,
  },
  {
    method: 'GET',
    path: 'storage/info/:bucket/:name',
    least: 'read-only',
    to: `${object}/info/authenticated/:bucket/*name`,
    summary: 'What is known of an object',
  },
  {
    method: 'POST',
    path: 'storage/object/:bucket/:name',
    least: 'developer',
    to: `${object}/:bucket/*name`,
    summary: 'Uploads an object at once',
    audit: 'object.upload',
    passed: write,
  },
  {
    method: 'PUT',
    path: 'storage/object/:bucket/:name',
    least: 'developer',
    to: `${object}/:bucket/*name`,
    summary: 'Uploads an object in place of another',
    audit: 'object.upload',
    passed: write,
  },
  {
    method: 'DELETE',
    path: 'storage/object/:bucket',
    least: 'developer',
    to: `${object}/:bucket`,
    summary: 'Deletes objects: { prefixes }',
    audit: 'object.delete',
  },
]

const uploadRows: readonly ServiceRow[] = [
  {
    method: 'POST',
    path: 'storage/upload',
    least: 'developer',
    to: upload,
    summary: 'Begins a resumable upload (TUS 1.0)',
    audit: 'object.upload',
    passed: resumable,
    finish: atStudio,
  },
  {
    method: 'HEAD',
    path: 'storage/upload/:id',
    least: 'developer',
    to: `${upload}/:id`,
    summary: 'How far an upload is',
    passed: resumable,
  },
  {
    method: 'PATCH',
    path: 'storage/upload/:id',
    least: 'developer',
    to: `${upload}/:id`,
    summary: 'Goes on with an upload',
    passed: resumable,
  },
  {
    method: 'DELETE',
    path: 'storage/upload/:id',
    least: 'developer',
    to: `${upload}/:id`,
    summary: 'Gives an upload up',
    passed: resumable,
  },
]

export const storageRows: readonly ServiceRow[] = [...bucketRows, ...objectRows, ...uploadRows]

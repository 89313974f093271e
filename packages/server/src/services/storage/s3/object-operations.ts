/** S3 on objects: put, get, head, copy, delete one or many. */
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Caller } from '#base/service'
import { arrayLiteral } from '#base/sql'
import { findRules } from '#services/storage/bucket'
import { readRows, service, storageErrors, write } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import {
  acceptUpload,
  checkUpload,
  copyBytes,
  deleteObjects,
  findVisible,
  forgetObjects,
  keepFromActing,
  limited,
  ownerIdOf,
  selectNames,
  selectObject,
  serveObject,
  sizeLimitOf,
  useObject,
} from '#services/storage/object'
import type { ObjectRow, UploadFacts, UploadTarget } from '#services/storage/object'
import type { S3Caller } from './authorize.ts'
import { readBodyOf } from './body.ts'
import { s3Errors } from './errors.ts'
import { s3Document } from './respond.ts'
import { readXml } from './read-xml.ts'

const maxDeleteBytes = 2 * 1024 * 1024
const metaPrefix = 'x-amz-meta-'

/** What the headers of a request say of the object it makes. */
export function factsOf({ request }: StorageContext, contentLength: number | null): UploadFacts {
  const { headers } = request
  const meta = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(metaPrefix) && value !== undefined
      ? [[name.slice(metaPrefix.length), value] as const]
      : [],
  )
  return {
    contentType: headers['content-type'] || 'application/octet-stream',
    cacheControl: headers['cache-control'] ?? 'no-cache',
    robotsTag: null,
    userMetadata: meta.length === 0 ? null : Object.fromEntries(meta),
    contentLength,
  }
}

/** Always over what is there, unless the client asks for it not to be. */
export async function targetOf(
  context: StorageContext,
  caller: Caller,
  isUpsert = true,
): Promise<UploadTarget> {
  const rules = await findRules(context, context.bucketId)
  return { rules, name: context.key, isUpsert, ownerId: ownerIdOf(caller) }
}

export async function put(context: StorageContext, who: S3Caller): Promise<HttpResponse> {
  const { caller } = who
  const isNew = context.request.headers['if-none-match'] === '*'
  const target = await targetOf(context, caller, !isNew)
  const body = readBodyOf(context, who)
  const facts = factsOf(context, body.length)
  if (isNew) {
    const there = await readRows(context, service, selectObject(context.bucketId, context.key))
    if (there.length > 0) throw s3Errors.PreconditionFailed()
  }
  checkUpload(context, target, facts)
  const { stored } = await acceptUpload(context, caller, target, facts, (key) =>
    context.blobs.put(key, limited(body.bytes, sizeLimitOf(context, target.rules)), facts),
  )
  return emptyResponse(200, { etag: stored.etag })
}

/** GET and HEAD. */
export function get(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  return useObject(
    () => findVisible(context, caller),
    (row) => serve(context, row),
  )
}

async function serve(context: StorageContext, row: ObjectRow): Promise<HttpResponse> {
  checkPreconditions(context, row)
  const response = await serveObject(ofOneRange(context), row)
  const headers: Record<string, string> = {
    ...(response.headers as Record<string, string>),
    ...metadataHeaders(row),
    ...overrides(context),
  }
  delete headers['x-robots-tag']
  keepFromActing(headers)
  return { ...response, headers }
}

/** S3 answers several ranges with the whole object. */
function ofOneRange(context: StorageContext): StorageContext {
  const { request } = context
  if (request.headers['range']?.includes(',') !== true) return context
  return { ...context, request: { ...request, headers: { ...request.headers, range: undefined } } }
}

function checkPreconditions({ request: { headers } }: StorageContext, row: ObjectRow): void {
  const etag = row.metadata?.eTag ?? ''
  const match = headers['if-match']
  if (match !== undefined) {
    const isOne = match.split(',').some((one) => one.trim() === '*' || one.trim() === etag)
    if (!isOne) throw s3Errors.PreconditionFailed()
    return
  }
  const since = Date.parse(headers['if-unmodified-since'] ?? '')
  const modified = Date.parse(row.metadata?.lastModified ?? row.updated_at)
  if (!Number.isNaN(since) && Math.floor(modified / 1000) * 1000 > since)
    throw s3Errors.PreconditionFailed()
}

function metadataHeaders({ user_metadata }: ObjectRow): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(user_metadata ?? {}))
    if (/^[\w-]+$/.test(name))
      headers[metaPrefix + name.toLowerCase()] =
        typeof value === 'string' ? value : JSON.stringify(value)
  return headers
}

const overridden = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
]

/** What a (signed) URL asks the answer's headers to be. */
function overrides({ query }: StorageContext): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of overridden) {
    const value = query.get(`response-${name}`)
    if (value === null) continue
    // oxlint-disable-next-line no-control-regex -- they would begin another header
    if (/[\x00-\x1f\x7f]/.test(value))
      throw s3Errors.InvalidArgument({ message: `response-${name} has control characters` })
    headers[name] = value
  }
  return headers
}

/** The bucket and key that `x-amz-copy-source` names. */
export function sourceOf(context: StorageContext): StorageContext {
  const header = context.request.headers['x-amz-copy-source'] ?? ''
  const [path = ''] = header.split('?')
  let decoded: string
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '')
  } catch {
    throw s3Errors.InvalidArgument({ message: 'x-amz-copy-source cannot be decoded' })
  }
  const slash = decoded.indexOf('/')
  if (slash < 1) throw s3Errors.InvalidArgument({ message: 'x-amz-copy-source names no object' })
  return { ...context, bucketId: decoded.slice(0, slash), key: decoded.slice(slash + 1) }
}

export async function copy(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const from = sourceOf(context)
  const find = (): Promise<ObjectRow> => findVisible(from, caller)
  const { row } = await useObject(find, async (source) => {
    const target = await targetOf(context, caller)
    const replaces = context.request.headers['x-amz-metadata-directive'] === 'REPLACE'
    const facts = replaces ? factsOf(context, source.metadata?.size ?? null) : sameFacts(source)
    checkUpload(context, target, facts)
    return acceptUpload(context, caller, target, facts, (key) => copyBytes(context, source, key))
  })
  return s3Document('CopyObjectResult', {
    ETag: row.metadata?.eTag ?? '',
    LastModified: row.metadata?.lastModified ?? row.updated_at,
  })
}

function sameFacts({ metadata, user_metadata }: ObjectRow): UploadFacts {
  return {
    contentType: metadata?.mimetype ?? 'application/octet-stream',
    cacheControl: metadata?.cacheControl ?? 'no-cache',
    robotsTag: metadata?.xRobotsTag ?? null,
    userMetadata: user_metadata as JsonObject | null,
    contentLength: metadata?.size ?? null,
  }
}

/** Those deleted, and those that are there and may not be. */
async function deleteAll(context: StorageContext, caller: Caller, keys: readonly string[]) {
  const { bucketId } = context
  await findRules(context, bucketId)
  const names = arrayLiteral(keys)
  const deleted = await write<ObjectRow>(context, caller, deleteObjects(bucketId, names))
  await forgetObjects(
    context,
    deleted.map(({ name, version }) => ({ bucketId, name, version: version ?? '' })),
  )
  const left = await readRows<{ name: string }>(context, service, selectNames(bucketId, names))
  return new Set(left.map(({ name }) => name))
}

export async function remove(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const denied = await deleteAll(context, caller, [context.key])
  if (denied.size > 0) throw storageErrors.AccessDenied({ message: 'Access denied' })
  return emptyResponse(204)
}

export async function removeMany(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const shape = { root: 'Delete', item: 'Object', maxItems: 1_000 }
  const { items, texts } = readXml(await context.request.body.read(maxDeleteBytes), shape)
  const keys = items.flatMap(({ Key: key }) => (key === undefined ? [] : [key]))
  if (keys.length === 0 || keys.length !== items.length) throw s3Errors.MalformedXML()
  const denied = await deleteAll(context, caller, keys)
  const isQuiet = texts['Quiet'] === 'true'
  const gone = keys.filter((key) => !denied.has(key))
  return s3Document('DeleteResult', {
    Deleted: isQuiet ? null : gone.map((key) => ({ Key: key })),
    Error: [...denied].map((key) => ({
      Key: key,
      Code: 'AccessDenied',
      Message: 'You do not have permission to delete this object',
    })),
  })
}

/** Objects have no tags. */
export async function tagging(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  await findVisible(context, caller)
  return s3Document('Tagging', { TagSet: {} })
}

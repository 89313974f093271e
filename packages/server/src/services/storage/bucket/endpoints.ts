/** Buckets: create, list, get, update, empty, delete; under the caller's policies on storage.buckets. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Caller } from '#base/service'
import { arrayLiteral } from '#base/sql'
import {
  checkAllowedTypes,
  checkBucketName,
  parseSize,
  readBody,
  readQuery,
  readRows,
  requireCaller,
  requireService,
  service,
  storageErrors,
  write,
} from '#services/storage/core'
import type { Fields, StorageContext } from '#services/storage/core'
import { dropUploads } from './drop-uploads.ts'
import {
  deleteBucket,
  deleteSomeObjects,
  hasObjects,
  insertBucket,
  selectBucket,
  selectBuckets,
  selectRules,
  updateBucket,
} from './statements.ts'
import type { BucketChange, BucketRow, BucketRules } from './statements.ts'

const deleteBatch = 1_000

/** The rules of a bucket, whoever asks. */
export async function findRules(context: StorageContext, id: string): Promise<BucketRules> {
  const [rules] = await readRows<BucketRules>(context, service, selectRules(id))
  if (rules === undefined) throw storageErrors.NoSuchBucket()
  return rules
}

export async function createBucket(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const name = body.requiredText('name')
  const id = body.text('id') ?? name
  checkBucketName(name)
  // signed URLs name an object as `bucket/key`: an id with a slash would sign for objects of another bucket
  checkBucketName(id)
  body.choice('type', ['STANDARD', 'ANALYTICS'])
  const { sub } = caller.claims
  const bucket = {
    id,
    name,
    isPublic: body.boolean('public') ?? false,
    sizeLimit: readSizeLimit(context, body),
    types: readTypes(body),
    ownerId: typeof sub === 'string' ? sub : null,
  }
  await write(context, caller, insertBucket(bucket))
  return jsonResponse(200, { name })
}

function readSizeLimit({ config }: StorageContext, body: Fields): number | null {
  const given = body.raw('file_size_limit') ?? null
  let size: number | null
  if (typeof given === 'string') {
    size = /^\d+$/.test(given) ? Number(given) : parseSize(given)
    if (size === null)
      throw storageErrors.Malformed({
        message: 'body/file_size_limit must match a schema in anyOf',
      })
  } else size = body.integer('file_size_limit')
  if (size === null || size === 0) return null
  if (size > config['storage.file_size_limit']) throw storageErrors.EntityTooLarge()
  return size
}

function readTypes(body: Fields): string | null {
  const types = (body.texts('allowed_mime_types') ?? []).filter((type) => type !== '')
  checkAllowedTypes(types)
  return types.length === 0 ? null : arrayLiteral(types)
}

export async function listBuckets(context: StorageContext): Promise<HttpResponse> {
  // the Supabase CLI's gateway sends an empty header where a client sent none; storage-js knows its words
  const { authentication } = context.scope
  const isClient = context.request.headers['x-client-info'] !== undefined
  if (isClient && authentication.ok && authentication.token === null)
    throw storageErrors.AccessDenied({ message: 'Invalid Compact JWS' })
  const caller = requireCaller(context)
  const query = readQuery(context)
  const buckets = await readRows<BucketRow>(
    context,
    caller,
    selectBuckets({
      limit: query.integer('limit', { min: 1 }),
      offset: query.integer('offset') ?? 0,
      column: query.choice('sortColumn', ['id', 'name', 'created_at', 'updated_at']) ?? 'name',
      order: query.choice('sortOrder', ['asc', 'desc']) ?? 'asc',
      search: query.text('search') ?? '',
      withType: knowsTypes(context),
    }),
  )
  return jsonResponse(200, buckets)
}

/** Python clients before these fail at a member they do not know. */
function knowsTypes({ request: { headers } }: StorageContext): boolean {
  const info = /supabase-py\/(?:[a-z]*)?(\d+)\.(\d+)/.exec(headers['x-client-info'] ?? '')
  if (info !== null) return isAtLeast(info, 2, 18)
  const agent = /storage3\/(\d+)\.(\d+)(?:\.(\d+))?/i.exec(headers['user-agent'] ?? '')
  if (agent === null) return true
  const [, major, minor, patch = '0'] = agent
  return isAtLeast(agent, 0, 13) || (major === '0' && minor === '12' && Number(patch) >= 1)
}

function isAtLeast(
  [, major, minor]: readonly string[],
  wanted: number,
  wantedMinor: number,
): boolean {
  return Number(major) > wanted || (Number(major) === wanted && Number(minor) >= wantedMinor)
}

export async function getBucket(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const [bucket] = await readRows<BucketRow>(context, caller, selectBucket(context.bucketId))
  if (bucket === undefined) throw storageErrors.NoSuchBucket()
  return jsonResponse(200, bucket)
}

export async function changeBucket(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const change: BucketChange = {
    ...(body.has('public') ? { isPublic: body.boolean('public') ?? false } : {}),
    ...(body.has('file_size_limit') ? { sizeLimit: readSizeLimit(context, body) } : {}),
    ...(body.has('allowed_mime_types') ? { types: readTypes(body) } : {}),
  }
  if (Object.keys(change).length === 0)
    throw storageErrors.Malformed({ message: 'body must match a schema in anyOf' })
  const changed = await write(context, caller, updateBucket(context.bucketId, change))
  if (changed.length === 0) throw storageErrors.NoSuchBucket()
  // what was public may lie in caches
  if (change.isPublic === false) context.purges.add(context.bucketId, null)
  return jsonResponse(200, { message: 'Successfully updated' })
}

export async function removeBucket(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { bucketId } = context
  const [visible] = await readRows(context, caller, selectBucket(bucketId))
  if (visible === undefined) throw storageErrors.NoSuchBucket()
  const [objects] = await readRows<{ found: boolean }>(context, service, hasObjects(bucketId))
  if (objects?.found === true) throw storageErrors.ResourceNotEmpty()
  const deleted = await deleteEmpty(context, caller)
  if (!deleted) throw storageErrors.NoSuchBucket()
  return jsonResponse(200, { message: 'Successfully deleted' })
}

/** False where the caller's policies do not admit it. Uploads that were begun and left behind do not keep a bucket. */
export async function deleteEmpty(context: StorageContext, caller: Caller): Promise<boolean> {
  const statement = deleteBucket(context.bucketId)
  try {
    return (await write(context, caller, statement)).length > 0
  } catch (error) {
    // policies have admitted it by then: foreign keys are looked at last
    if (!(error instanceof PlatformError) || error.code !== 'ResourceReferenced') throw error
    await dropUploads(context)
    return (await write(context, caller, statement)).length > 0
  }
}

/** All of it, batch by batch; rows go before bytes, so that no row is without them. */
export async function emptyBucket(context: StorageContext): Promise<HttpResponse> {
  requireService(context)
  const { bucketId, blobs } = context
  await findRules(context, bucketId)
  for (;;) {
    const deleted = await write<{ name: string; version: string }>(
      context,
      service,
      deleteSomeObjects(bucketId, deleteBatch),
    )
    await blobs.delete(deleted.map(({ name, version }) => ({ bucketId, name, version })))
    context.purges.add(bucketId, null)
    if (deleted.length < deleteBatch) break
  }
  await dropUploads(context)
  return jsonResponse(200, {
    message: 'Empty bucket has been queued. Completion may take up to an hour.',
  })
}

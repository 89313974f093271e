/** Downloads, HEAD and info: of public buckets to anybody, of others under the caller's policies. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  optionalCaller,
  readRows,
  requireCaller,
  service,
  storageErrors,
  verifyUrl,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import type { Caller } from '#base/service'
import { describeObject, serveObject } from './serve-object.ts'
import { selectObject, selectWithBucket } from './statements.ts'
import type { ObjectRow } from './statements.ts'
import { useObject } from './use-object.ts'

type WithBucket = { readonly public: boolean } & {
  readonly [K in keyof ObjectRow]: ObjectRow[K] | null
}

/** The object of a bucket, whoever asks, and whether anybody may. */
async function findWithBucket(
  context: StorageContext,
): Promise<{ readonly isPublic: boolean; readonly row: ObjectRow | null }> {
  const { bucketId, key } = context
  const statement = selectWithBucket(bucketId, key)
  const [found] = await readRows<WithBucket>(context, service, statement)
  if (found === undefined) throw storageErrors.NoSuchBucket()
  return { isPublic: found.public, row: found.id === null ? null : (found as ObjectRow) }
}

function existing(row: ObjectRow | null | undefined): ObjectRow {
  if (row === null || row === undefined) throw storageErrors.NoSuchKey()
  return row
}

/** As `caller` sees it. */
export async function findVisible(context: StorageContext, caller: Caller): Promise<ObjectRow> {
  const statement = selectObject(context.bucketId, context.key)
  const [row] = await readRows<ObjectRow>(context, caller, statement)
  return existing(row)
}

/** Of a public bucket for all, of another for whom its policies admit. */
async function findReadable(context: StorageContext): Promise<ObjectRow> {
  const caller = optionalCaller(context)
  if (caller !== null) return findVisibleOrPublic(context, caller)
  return findPublic(context)
}

/** The caller's policies first: where they admit, nobody needs to know what the bucket is. */
async function findVisibleOrPublic(context: StorageContext, caller: Caller): Promise<ObjectRow> {
  const statement = selectObject(context.bucketId, context.key)
  const [visible] = await readRows<ObjectRow>(context, caller, statement)
  if (visible !== undefined) return visible
  const { isPublic, row } = await findWithBucket(context)
  return existing(isPublic ? row : null)
}

export async function findPublic(context: StorageContext): Promise<ObjectRow> {
  const { isPublic, row } = await findWithBucket(context)
  if (!isPublic) throw storageErrors.NoSuchBucket()
  return existing(row)
}

export async function findAuthenticated(context: StorageContext): Promise<ObjectRow> {
  return findVisibleOrPublic(context, requireCaller(context))
}

type Find = (context: StorageContext) => Promise<ObjectRow>

function serve(context: StorageContext, find: Find, expires: Date | null): Promise<HttpResponse> {
  return useObject(
    () => find(context),
    (row) => serveObject(context, row, expires),
  )
}

export function getObject(context: StorageContext): Promise<HttpResponse> {
  return serve(context, findReadable, null)
}

export function getPublicObject(context: StorageContext): Promise<HttpResponse> {
  return serve(context, findPublic, null)
}

export function getAuthenticatedObject(context: StorageContext): Promise<HttpResponse> {
  return serve(context, findAuthenticated, null)
}

/** A HEAD of the description is one of the object. */
function describe(
  context: StorageContext,
  row: ObjectRow,
  publicUrl: string | null = null,
): Promise<HttpResponse> {
  if (context.request.method === 'HEAD') return serveObject(context, row)
  return Promise.resolve(describeObject(row, publicUrl))
}

/** Where a CDN shows an object of a public bucket; null without one. */
function publicUrlOf({ config, bucketId, key }: StorageContext): string | null {
  const base = config['storage.cdn_url']
  if (base === null) return null
  const path = [bucketId, ...key.split('/')].map(encodeURIComponent).join('/')
  return `${base.replace(/\/+$/, '')}/storage/v1/object/public/${path}`
}

export async function infoOfObject(context: StorageContext): Promise<HttpResponse> {
  return describe(context, await findReadable(context))
}

export async function infoOfPublicObject(context: StorageContext): Promise<HttpResponse> {
  return describe(context, await findPublic(context), publicUrlOf(context))
}

export async function infoOfAuthenticatedObject(context: StorageContext): Promise<HttpResponse> {
  return describe(context, await findAuthenticated(context))
}

/** `GET /object/sign/…?token=`: whoever has the URL, as long as it is good. */
export async function getSignedObject(context: StorageContext): Promise<HttpResponse> {
  const { query } = context
  const token = query.get('token')
  if (token === null)
    throw storageErrors.Malformed({ message: "querystring must have required property 'token'" })
  const claims = verifyUrl(context, 'download', token)
  return serve(context, (signed) => findVisible(signed, service), expiryOf(claims))
}

/** Until when a token is good. */
export function expiryOf({ exp }: JsonObject): Date | null {
  return typeof exp === 'number' ? new Date(exp * 1000) : null
}

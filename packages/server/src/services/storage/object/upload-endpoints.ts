/** Uploads: new, over what is there, and by a signed URL. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Caller } from '#base/service'
import { findRules } from '#services/storage/bucket'
import type { BlobKey, Stored } from '#base/blob'
import { checkKey, requireCaller, signUrl, storageErrors, verifyUrl } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { acceptUpload, checkPermission, checkUpload, sizeLimitOf } from './accept-upload.ts'
import type { Accepted, UploadTarget } from './accept-upload.ts'
import { limited } from './limited.ts'
import { metadataHeader, readUpload } from './upload-request.ts'
import type { UploadRequest } from './upload-request.ts'

/** The Supabase CLI's, and hosted Supabase's. */
const uploadUrlSeconds = 7_200

export function ownerIdOf({ claims: { sub } }: Caller): string | null {
  return typeof sub === 'string' ? sub : null
}

/** `x-upsert: true`, or PUT. */
export async function uploadObject(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const rules = await findRules(context, context.bucketId)
  const isUpsert = context.request.method === 'PUT' || asksForUpsert(context)
  const target = { rules, name: context.key, isUpsert, ownerId: ownerIdOf(caller) }
  const accepted = await receive(context, caller, target)
  return jsonResponse(200, { Id: accepted.row.id, Key: `${rules.id}/${context.key}` })
}

export function asksForUpsert({ request }: StorageContext): boolean {
  return request.headers['x-upsert'] === 'true'
}

/** Reads what is sent, refuses what can be refused before its bytes are read, keeps the rest. */
async function receive(
  context: StorageContext,
  caller: Caller | null,
  target: UploadTarget,
): Promise<Accepted> {
  checkKey(target.name)
  const upload = await readUpload(context)
  try {
    checkUpload(context, target, upload)
    return await acceptUpload(context, caller, target, upload, (key) =>
      keep(context, target, upload, key),
    )
  } finally {
    upload.discard()
  }
}

function keep(
  context: StorageContext,
  target: UploadTarget,
  { body, contentType, cacheControl }: UploadRequest,
  key: BlobKey,
): Promise<Stored> {
  const bytes = limited(body, sizeLimitOf(context, target.rules))
  return context.blobs.put(key, bytes, { contentType, cacheControl })
}

/** `POST /object/upload/sign/…`: may the caller upload, then a URL by which anybody may, once or over and over with `x-upsert`. */
export async function signUpload(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { bucketId, key, request } = context
  const rules = await findRules(context, bucketId)
  checkKey(key)
  const isUpsert = asksForUpsert(context)
  const target = { rules, name: key, isUpsert, ownerId: ownerIdOf(caller) }
  await checkPermission(context, caller, target, {
    contentType: request.headers['content-type'] ?? 'application/octet-stream',
    cacheControl: 'no-cache',
    robotsTag: null,
    userMetadata: metadataHeader(context),
    contentLength: null,
  })
  const claims = { owner: ownerIdOf(caller), url: `${bucketId}/${key}`, upsert: isUpsert }
  const token = signUrl(context, 'upload', claims, uploadUrlSeconds)
  return jsonResponse(200, { url: `/object/upload/sign/${bucketId}/${key}?token=${token}`, token })
}

/** `PUT /object/upload/sign/…?token=`: whoever has the URL. */
export async function uploadBySignedUrl(context: StorageContext): Promise<HttpResponse> {
  const { bucketId, key, query } = context
  const token = query.get('token')
  if (token === null)
    throw storageErrors.Malformed({ message: "querystring must have required property 'token'" })
  const { owner, upsert } = verifyUrl(context, 'upload', token)
  const rules = await findRules(context, bucketId)
  const ownerId = typeof owner === 'string' ? owner : null
  await receive(context, null, { rules, name: key, isUpsert: upsert === true, ownerId })
  return jsonResponse(200, { Key: `${bucketId}/${key}` })
}

/** Move and copy, also to another bucket. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { findRules } from '#services/storage/bucket'
import type { BlobKey, Stored } from '#base/blob'
import { checkKey, readBody, requireCaller, storageErrors } from '#services/storage/core'
import type { Fields, StorageContext } from '#services/storage/core'
import { acceptUpload, checkUpload } from './accept-upload.ts'
import type { UploadFacts } from './accept-upload.ts'
import { moveOne } from './move-one.ts'
import type { Transfer } from './move-one.ts'
import { findVisible } from './read-endpoints.ts'
import type { ObjectRow } from './statements.ts'
import { asksForUpsert, ownerIdOf } from './upload-endpoints.ts'
import { metadataHeader } from './upload-request.ts'
import { useObject } from './use-object.ts'

function readTransfer(body: Fields): Transfer {
  const bucketId = body.requiredText('bucketId')
  const from = { bucketId, key: body.requiredText('sourceKey') }
  const key = body.requiredText('destinationKey')
  return { from, to: { bucketId: body.text('destinationBucket') ?? bucketId, key } }
}

export async function moveEndpoint(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  await moveOne(context, caller, readTransfer(await readBody(context)))
  return jsonResponse(200, { message: 'Successfully moved' })
}

export async function copyEndpoint(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const { from, to } = readTransfer(body)
  checkKey(to.key)
  const find = (): Promise<ObjectRow> => findVisible({ ...context, ...from }, caller)
  const { row } = await useObject(find, async (source) => {
    const rules = await findRules(context, to.bucketId)
    const isUpsert = asksForUpsert(context)
    const target = { rules, name: to.key, isUpsert, ownerId: ownerIdOf(caller) }
    const facts = factsOf(context, source, body)
    checkUpload(context, target, facts)
    return acceptUpload(context, caller, target, facts, (key) => copyBytes(context, source, key))
  })
  return jsonResponse(200, { Id: row.id, Key: `${to.bucketId}/${to.key}`, ...row })
}

export async function copyBytes(
  { blobs }: StorageContext,
  { bucket_id: bucketId, name, version, metadata }: ObjectRow,
  key: BlobKey,
): Promise<Stored> {
  if (!(await blobs.copy({ bucketId, name, version }, key))) throw storageErrors.BytesMissing()
  return { size: metadata?.size ?? 0, etag: metadata?.eTag ?? `"${key.version}"` }
}

/** `copyMetadata: false` takes what the request says, and what it does not say of the file from the source. */
function factsOf(
  context: StorageContext,
  { metadata, user_metadata }: ObjectRow,
  body: Fields,
): UploadFacts {
  const keeps = body.boolean('copyMetadata') ?? true
  const given = keeps ? null : body.object('metadata')
  const user = keeps ? user_metadata : metadataHeader(context)
  return {
    contentType: given?.text('mimetype') ?? metadata?.mimetype ?? 'application/octet-stream',
    cacheControl: given?.text('cacheControl') ?? metadata?.cacheControl ?? 'no-cache',
    robotsTag: metadata?.xRobotsTag ?? null,
    userMetadata: user as JsonObject | null,
    contentLength: metadata?.size ?? null,
  }
}

/** Move and copy, also to another bucket: bytes first, then the row; what is replaced or left behind goes last. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { JsonObject } from '#base/kernel'
import { findRules } from '#services/storage/bucket'
import type { BlobKey, Stored } from '#services/storage/blob'
import {
  checkKey,
  newVersion,
  probe,
  readBody,
  readRows,
  requireCaller,
  service,
  storageErrors,
  write,
} from '#services/storage/core'
import type { Fields, StorageContext } from '#services/storage/core'
import { acceptUpload, checkUpload } from './accept-upload.ts'
import type { UploadFacts } from './accept-upload.ts'
import { forget } from './forget.ts'
import { findVisible } from './read-endpoints.ts'
import { moveObject, selectVersionOf } from './statements.ts'
import type { Move, ObjectRow } from './statements.ts'
import { asksForUpsert, ownerIdOf } from './upload-endpoints.ts'
import { metadataHeader } from './upload-request.ts'
import { useObject } from './use-object.ts'

/** Of a move whose object is being replaced by others. */
const maxAttempts = 3

interface Transfer {
  readonly from: { readonly bucketId: string; readonly key: string }
  readonly to: { readonly bucketId: string; readonly key: string }
}

function readTransfer(body: Fields): Transfer {
  const bucketId = body.requiredText('bucketId')
  const from = { bucketId, key: body.requiredText('sourceKey') }
  const key = body.requiredText('destinationKey')
  return { from, to: { bucketId: body.text('destinationBucket') ?? bucketId, key } }
}

export async function moveEndpoint(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { from, to } = readTransfer(await readBody(context))
  checkKey(to.key)
  for (let attempt = 1; ; attempt++) {
    const source = await findVisible({ ...context, ...from }, caller)
    if (from.bucketId === to.bucketId && from.key === to.key) break
    if (from.bucketId !== to.bucketId) await findRules(context, to.bucketId)
    const move: Move = {
      bucketId: from.bucketId,
      name: from.key,
      fromVersion: source.version,
      toBucketId: to.bucketId,
      toName: to.key,
      version: newVersion(context),
      metadata: null,
      ownerId: ownerIdOf(caller),
    }
    const [moved] = await probe(context, caller, moveObject(move))
    if (decodeRows(moved as Result).length > 0 && (await moveBytes(context, move))) break
    if (attempt === maxAttempts) throw storageErrors.NoSuchKey()
  }
  return jsonResponse(200, { message: 'Successfully moved' })
}

/** False where the object was replaced or went away meanwhile: nothing is moved then. */
async function moveBytes(context: StorageContext, move: Move): Promise<boolean> {
  const before: BlobKey = { bucketId: move.bucketId, name: move.name, version: move.fromVersion }
  const after: BlobKey = { bucketId: move.toBucketId, name: move.toName, version: move.version }
  if (!(await context.blobs.copy(before, after))) {
    const [there] = await readRows(context, service, selectVersionOf(before))
    if (there !== undefined) throw storageErrors.BytesMissing()
    return false
  }
  try {
    const moved = await write(context, service, moveObject(move))
    if (moved.length === 0) await forget(context, [after])
    else await forget(context, [before])
    return moved.length > 0
  } catch (error) {
    await forget(context, [after])
    throw error
  }
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

/** `POST /upload/resumable`: an upload begins, after the caller was found to be allowed to. */
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { findRules } from '#services/storage/bucket'
import type { BucketRules } from '#services/storage/bucket'
import {
  insertUpload,
  newVersion,
  readRows,
  service,
  storageErrors,
  write,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import {
  checkPermission,
  checkUpload,
  parseMetadata,
  selectObject,
  sizeLimitOf,
} from '#services/storage/object'
import { appendBody } from './append-body.ts'
import { resumableErrors } from './errors.ts'
import { deleteExpired, signature } from './statements.ts'
import type { UploadRow } from './statements.ts'
import { expiryOf, factsOf, lifetimeSeconds, uploaderOf } from './upload.ts'
import type { Uploader } from './upload.ts'
import { encodeUploadId } from './upload-id.ts'
import { parseUploadMetadata } from './upload-metadata.ts'

const expiredAtOnce = 20

export async function beginUpload(outer: StorageContext, isSigned: boolean): Promise<HttpResponse> {
  const { headers } = outer.request
  const metadata = parseUploadMetadata(headers['upload-metadata'])
  const bucketId = metadata.get('bucketName') ?? ''
  const key = metadata.get('objectName') ?? ''
  const context: StorageContext = { ...outer, bucketId, key }
  const uploader = uploaderOf(context, isSigned)
  const length = lengthOf(context)
  const rules = await findRules(context, bucketId)
  const row = describe(context, metadata, uploader, length)
  await admit(context, rules, row, uploader)
  await write(
    context,
    service,
    insertUpload(signature, {
      id: row.id,
      bucketId,
      key,
      ownerId: row.owner_id,
      metadata: JSON.stringify(row.metadata),
      userMetadata: row.user_metadata === null ? null : JSON.stringify(row.user_metadata),
    }),
  )
  await context.blobs.uploads.begin(row.id)
  await dropExpired(context)
  const location = locationOf(context, row, isSigned)
  const hasBody = headers['content-type'] === 'application/offset+octet-stream'
  if (!hasBody && length !== 0) return emptyResponse(201, { location, ...expiryOf(row) })
  const appended = await appendBody(context, rules, row, uploader, 0)
  return emptyResponse(201, { ...appended, location, ...expiryOf(row) })
}

function lengthOf({ request: { headers } }: StorageContext): number | null {
  const given = headers['upload-length']
  if (given === undefined && headers['upload-defer-length'] === '1') return null
  if (given === undefined || !/^\d{1,15}$/.test(given)) throw resumableErrors.invalidLength()
  return Number(given)
}

function describe(
  context: StorageContext,
  metadata: ReadonlyMap<string, string>,
  { ownerId, isUpsert }: Uploader,
  length: number | null,
): UploadRow {
  const seconds = metadata.get('cacheControl') ?? ''
  return {
    id: newVersion(context),
    bucket_id: context.bucketId,
    key: context.key,
    owner_id: ownerId,
    metadata: {
      contentType: metadata.get('contentType') ?? 'application/octet-stream',
      cacheControl: /^\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache',
      isUpsert,
      length,
    },
    user_metadata: parseMetadata(metadata.get('metadata')),
    begun: Math.floor(context.project.clock.now() / 1000),
  }
}

async function admit(
  context: StorageContext,
  rules: BucketRules,
  row: UploadRow,
  { caller, isUpsert, ownerId }: Uploader,
): Promise<void> {
  const { length } = row.metadata
  if (length !== null && length > sizeLimitOf(context, rules)) throw resumableErrors.tooLarge()
  const target = { rules, name: row.key, isUpsert, ownerId }
  const facts = factsOf(row)
  checkUpload(context, target, facts)
  if (caller !== null) await checkPermission(context, caller, target, facts)
  if (isUpsert) return
  const [there] = await readRows(context, service, selectObject(rules.id, row.key))
  if (there !== undefined) throw storageErrors.KeyAlreadyExists()
}

function locationOf(
  context: StorageContext,
  { bucket_id: bucketId, key, id }: UploadRow,
  isSigned: boolean,
): string {
  const sign = isSigned ? '/sign' : ''
  return `${baseOf(context)}/storage/v1/upload/resumable${sign}/${encodeUploadId({ bucketId, key, id })}`
}

/** Where the client reached us, unless the configuration says where clients do. */
function baseOf({ config, project, request }: StorageContext): string {
  const { host } = request.headers
  if (config['api.external_url'] !== null || host === undefined) return project.externalUrl
  return `${new URL(project.externalUrl).protocol}//${host}`
}

async function dropExpired(context: StorageContext): Promise<void> {
  const expired = await write<{ id: string }>(
    context,
    service,
    deleteExpired(lifetimeSeconds, expiredAtOnce),
  )
  for (const { id } of expired) await context.blobs.uploads.discard(id)
}

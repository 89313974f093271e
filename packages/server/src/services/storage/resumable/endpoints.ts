/** TUS 1.0 (creation, creation-with-upload, creation-defer-length, termination, expiration): uploads that go on where they broke off. */
import { emptyResponse, textResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { findRules } from '#services/storage/bucket'
import { readRows, requireCaller, service, translate, write } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { checkPermission, sizeLimitOf } from '#services/storage/object'
import { appendBody } from './append-body.ts'
import { beginUpload } from './begin-upload.ts'
import { resumableErrors } from './errors.ts'
import { deleteUpload, selectUpload, updateUpload } from './statements.ts'
import type { UploadRow } from './statements.ts'
import { expiryOf, factsOf, lifetimeSeconds, uploaderOf } from './upload.ts'
import { decodeUploadId } from './upload-id.ts'

const version = '1.0.0'
const extensions = 'creation,creation-with-upload,creation-defer-length,termination,expiration'

type Endpoint = (context: StorageContext) => Promise<HttpResponse>

/** Errors as text, the protocol's headers on every answer. */
function speaking(endpoint: Endpoint): Endpoint {
  return async (context) => {
    try {
      if (context.request.headers['tus-resumable'] !== version) throw resumableErrors.version()
      return withVersion(await endpoint(context))
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const { status, message } = translate(error)
      if (status >= 500) context.scope.log.error(message, { error: causeOf(error) })
      return withVersion(textResponse(status, message))
    }
  }
}

function causeOf({ cause, stack, message }: Error): string {
  return (cause instanceof Error ? cause.stack : stack) ?? message
}

function withVersion(response: HttpResponse): HttpResponse {
  response.headers['tus-resumable'] = version
  return response
}

export function describeProtocol({ config }: StorageContext): Promise<HttpResponse> {
  return Promise.resolve(
    emptyResponse(204, {
      'tus-resumable': version,
      'tus-version': version,
      'tus-extension': extensions,
      'tus-max-size': String(config['storage.file_size_limit']),
    }),
  )
}

/** The endpoints for callers, and those for who has a signed upload token. */
export function resumable(isSigned: boolean) {
  const begin: Endpoint = (context) => beginUpload(context, isSigned)
  const append: Endpoint = (context) => appendEndpoint(context, isSigned)
  const remove: Endpoint = (context) => removeUpload(context, isSigned)
  const look: Endpoint = (context) => lookAtUpload(context, isSigned)
  return {
    begin: speaking(begin),
    append: speaking(append),
    remove: speaking(remove),
    look: speaking(look),
  }
}

interface Found {
  /** With the bucket and the key of the upload. */
  readonly context: StorageContext
  readonly row: UploadRow
}

async function findUpload(outer: StorageContext): Promise<Found> {
  const named = decodeUploadId(outer.key)
  if (named === null) throw resumableErrors.notFound()
  const context: StorageContext = { ...outer, bucketId: named.bucketId, key: named.key }
  const [row] = await readRows<UploadRow>(context, service, selectUpload(named.id))
  if (row === undefined || row.bucket_id !== named.bucketId || row.key !== named.key)
    throw resumableErrors.notFound()
  if (row.begun + lifetimeSeconds < context.project.clock.now() / 1000)
    throw resumableErrors.expired()
  return { context, row }
}

async function lookAtUpload(outer: StorageContext, isSigned: boolean): Promise<HttpResponse> {
  if (!isSigned) requireCaller(outer)
  const { context, row } = await findUpload(outer)
  if (isSigned) uploaderOf(context, true)
  const size = await context.blobs.uploads.size(row.id)
  if (size === null) throw resumableErrors.notFound()
  const { length } = row.metadata
  return emptyResponse(200, {
    'cache-control': 'no-store',
    'upload-offset': String(size),
    ...(length === null ? { 'upload-defer-length': '1' } : { 'upload-length': String(length) }),
    ...expiryOf(row),
  })
}

async function appendEndpoint(outer: StorageContext, isSigned: boolean): Promise<HttpResponse> {
  const { headers } = outer.request
  if (headers['content-type'] !== 'application/offset+octet-stream')
    throw resumableErrors.invalidType()
  const given = headers['upload-offset']
  if (given === undefined || !/^\d{1,15}$/.test(given)) throw resumableErrors.invalidOffset()
  if (!isSigned) requireCaller(outer)
  const { context, row } = await findUpload(outer)
  const { caller, ownerId } = uploaderOf(context, isSigned)
  const rules = await findRules(context, context.bucketId)
  const known = await withLength(context, row, sizeLimitOf(context, rules))
  const uploader = { caller, ownerId, isUpsert: row.metadata.isUpsert }
  const appended = await appendBody(context, rules, known, uploader, Number(given))
  return emptyResponse(204, { ...appended, ...expiryOf(row) })
}

/** A length that was deferred, told by now. */
async function withLength(
  context: StorageContext,
  row: UploadRow,
  maxBytes: number,
): Promise<UploadRow> {
  const given = context.request.headers['upload-length']
  if (given === undefined) return row
  const length = Number(given)
  if (row.metadata.length !== null) {
    if (row.metadata.length === length) return row
    throw resumableErrors.lengthIsKnown()
  }
  if (!/^\d{1,15}$/.test(given)) throw resumableErrors.invalidLength()
  if (length > maxBytes) throw resumableErrors.tooLarge()
  const metadata = { ...row.metadata, length }
  await write(context, service, updateUpload(row.id, JSON.stringify(metadata)))
  return { ...row, metadata }
}

async function removeUpload(outer: StorageContext, isSigned: boolean): Promise<HttpResponse> {
  if (!isSigned) requireCaller(outer)
  const { context, row } = await findUpload(outer)
  const { caller, ownerId } = uploaderOf(context, isSigned)
  if (caller !== null) {
    const rules = await findRules(context, context.bucketId)
    const target = { rules, name: row.key, isUpsert: row.metadata.isUpsert, ownerId }
    await checkPermission(context, caller, target, factsOf(row))
  }
  await write(context, service, deleteUpload(row.id))
  await context.blobs.uploads.discard(row.id)
  return emptyResponse(204)
}

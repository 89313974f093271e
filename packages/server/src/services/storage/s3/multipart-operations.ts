/** S3 uploads in parts: each part is a blob of its own until they become one. */
import { createHash } from 'node:crypto'
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Caller } from '#base/service'
import type { BlobKey, Stored } from '#base/blob'
import {
  insertUpload,
  newVersion,
  readRows,
  service,
  storageErrors,
  write,
  writeEach,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import {
  acceptUpload,
  checkPermission,
  checkUpload,
  findVisible,
  forget,
  limited,
  parseRange,
  sizeLimitOf,
  useObject,
} from '#services/storage/object'
import type { ObjectRow, UploadFacts } from '#services/storage/object'
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { S3Caller } from './authorize.ts'
import { readBodyOf } from './body.ts'
import { s3Errors } from './errors.ts'
import {
  deleteMultipart,
  insertPart,
  replacePart,
  selectMultipart,
  selectParts,
  signature,
} from './multipart-statements.ts'
import type { MultipartRow, PartRow } from './multipart-statements.ts'
import { factsOf, sourceOf, targetOf } from './object-operations.ts'
import { s3Document } from './respond.ts'
import { readXml } from './read-xml.ts'

const maxParts = 10_000
const maxCompleteBytes = 2 * 1024 * 1024

export async function begin(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const { bucketId, key } = context
  const target = await targetOf(context, caller)
  const facts = factsOf(context, null)
  checkUpload(context, target, facts)
  await checkPermission(context, caller, target, facts)
  const { contentType, cacheControl, userMetadata } = facts
  const id = newVersion(context)
  const row = {
    id,
    bucketId,
    key,
    ownerId: target.ownerId,
    metadata: JSON.stringify({ contentType, cacheControl }),
    userMetadata: userMetadata === null ? null : JSON.stringify(userMetadata),
  }
  await write(context, service, insertUpload(signature, row))
  return s3Document('InitiateMultipartUploadResult', { Bucket: bucketId, Key: key, UploadId: id })
}

export async function findMultipart(context: StorageContext): Promise<MultipartRow> {
  const id = context.query.get('uploadId') ?? ''
  const statement = selectMultipart(context.bucketId, context.key, id)
  const [row] = await readRows<MultipartRow>(context, service, statement)
  if (row === undefined) throw storageErrors.NoSuchUpload()
  return row
}

function storedFacts(
  { metadata, user_metadata }: MultipartRow,
  length: number | null,
): UploadFacts {
  return {
    ...metadata,
    robotsTag: null,
    userMetadata: user_metadata as JsonObject | null,
    contentLength: length,
  }
}

function partNumberOf({ query }: StorageContext): number {
  const number = Number(query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > maxParts)
    throw s3Errors.InvalidArgument({ message: `partNumber must be from 1 to ${maxParts}` })
  return number
}

function partKey({ bucketId, key }: StorageContext, uploadId: string, partId: string): BlobKey {
  return { bucketId, name: key, version: `${uploadId}.${partId}` }
}

export async function uploadPart(context: StorageContext, who: S3Caller): Promise<HttpResponse> {
  const number = partNumberOf(context)
  const row = await findMultipart(context)
  const body = readBodyOf(context, who)
  const open = () => Promise.resolve(body.bytes)
  const { etag } = await keepPart(context, who.caller, row, number, body.length, open)
  return emptyResponse(200, { etag })
}

export async function uploadPartCopy(
  context: StorageContext,
  caller: Caller,
): Promise<HttpResponse> {
  const number = partNumberOf(context)
  const row = await findMultipart(context)
  const header = context.request.headers['x-amz-copy-source-range']
  if (header !== undefined && !/^bytes=\d+-\d+$/.test(header))
    throw s3Errors.InvalidArgument({ message: 'x-amz-copy-source-range is bytes=first-last' })
  const from = sourceOf(context)
  const find = (): Promise<ObjectRow> => findVisible(from, caller)
  const { etag } = await useObject(find, (source) => {
    const range = header === undefined ? null : parseRange(header, source.metadata?.size ?? 0)
    const { bucket_id: bucketId, name, version } = source
    const open = async (): Promise<AsyncIterable<Uint8Array>> => {
      const blob = await context.blobs.get({ bucketId, name, version }, range)
      if (blob === null) throw storageErrors.BytesMissing()
      return blob.body
    }
    const length = range === null ? (source.metadata?.size ?? null) : range.end - range.start + 1
    return keepPart(context, caller, row, number, length, open)
  })
  return s3Document('CopyPartResult', {
    ETag: etag,
    LastModified: new Date(context.project.clock.now()).toISOString(),
  })
}

/** The bytes are opened last: what is refused before holds no file. */
async function keepPart(
  context: StorageContext,
  caller: Caller,
  row: MultipartRow,
  number: number,
  length: number | null,
  open: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<Stored> {
  const target = await targetOf(context, caller)
  const facts = storedFacts(row, length)
  checkUpload(context, target, facts)
  await checkPermission(context, caller, target, facts)
  const id = newVersion(context)
  const key = partKey(context, row.id, id)
  const maxBytes = sizeLimitOf(context, target.rules)
  const stored = await context.blobs.put(key, limited(await open(), maxBytes), facts)
  const part = {
    id,
    uploadId: row.id,
    part_number: number,
    bucketId: context.bucketId,
    key: context.key,
    etag: stored.etag,
    size: stored.size,
    ownerId: target.ownerId,
  }
  try {
    const [before] = await writeEach(
      context,
      service,
      replacePart(row.id, number),
      insertPart(part),
    )
    const replaced = decodeRows<{ id: string }>(before as Result)
    await forget(
      context,
      replaced.map((old) => partKey(context, row.id, old.id)),
    )
  } catch (error) {
    await forget(context, [key])
    throw error
  }
  return stored
}

/** The parts a client names, in its order: each there, with the ETag it was answered with. */
async function namedParts(context: StorageContext, row: MultipartRow): Promise<PartRow[]> {
  const bytes = await context.request.body.read(maxCompleteBytes)
  const shape = { root: 'CompleteMultipartUpload', item: 'Part', maxItems: maxParts }
  const { items: named } = readXml(bytes, shape)
  if (named.length === 0) throw s3Errors.MalformedXML()
  const statement = selectParts(row.id, 0, maxParts)
  const parts = await readRows<PartRow>(context, service, statement)
  const byNumber = new Map(parts.map((part) => [part.part_number, part]))
  let before = 0
  return named.map(({ PartNumber: given, ETag: etag = '' }) => {
    const number = Number(given)
    if (number <= before) throw s3Errors.InvalidPartOrder()
    before = number
    const part = byNumber.get(number)
    if (part === undefined || bare(part.etag) !== bare(etag)) throw s3Errors.InvalidPart()
    return part
  })
}

const bare = (etag: string): string => etag.replaceAll('"', '')

export async function complete(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const { bucketId, key, blobs } = context
  const row = await findMultipart(context)
  const parts = await namedParts(context, row)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const target = { ...(await targetOf(context, caller)), ownerId: row.owner_id }
  const facts = storedFacts(row, size)
  checkUpload(context, target, facts)
  const { stored } = await acceptUpload(context, caller, target, facts, async (to) => {
    const whole = await blobs.put(to, joined(context, row, parts), facts)
    return { ...whole, etag: etagOf(parts) }
  })
  await drop(context, row)
  return s3Document('CompleteMultipartUploadResult', {
    Location: `/${bucketId}/${key}`,
    Bucket: bucketId,
    Key: key,
    ETag: stored.etag,
  })
}

async function* joined(
  context: StorageContext,
  row: MultipartRow,
  parts: readonly PartRow[],
): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    const blob = await context.blobs.get(partKey(context, row.id, part.id), null)
    if (blob === null) throw s3Errors.InvalidPart()
    yield* blob.body
  }
}

/** As S3's: the digest of the digests, and how many. */
function etagOf(parts: readonly PartRow[]): string {
  const hash = createHash('md5')
  for (const { etag } of parts) hash.update(Buffer.from(bare(etag), 'hex'))
  return `"${hash.digest('hex')}-${parts.length}"`
}

async function drop(context: StorageContext, row: MultipartRow): Promise<void> {
  const parts = await readRows<PartRow>(context, service, selectParts(row.id, 0, maxParts))
  await write(context, service, deleteMultipart(row.id))
  await forget(
    context,
    parts.map(({ id }) => partKey(context, row.id, id)),
  )
}

export async function abort(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const row = await findMultipart(context)
  const target = await targetOf(context, caller)
  await checkPermission(context, caller, target, storedFacts(row, null))
  await drop(context, row)
  return emptyResponse(204)
}

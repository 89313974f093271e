/** S3 lists of uploads under way and of their parts. */
import type { HttpResponse } from '#base/http'
import type { Caller } from '#base/service'
import { readRows, service } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { checkPermission } from '#services/storage/object'
import { requireBucket } from './bucket-operations.ts'
import { s3Errors } from './errors.ts'
import { findMultipart } from './multipart-operations.ts'
import { selectMultiparts, selectParts } from './multipart-statements.ts'
import type { MultipartRow, PartRow } from './multipart-statements.ts'
import { factsOf, targetOf } from './object-operations.ts'
import { s3Document } from './respond.ts'

const maxRows = 1_000

function limitOf({ query }: StorageContext, name: string): number {
  const limit = Number(query.get(name) ?? maxRows)
  if (!Number.isInteger(limit) || limit < 1)
    throw s3Errors.InvalidArgument({ message: `${name} must be a number from 1` })
  return Math.min(limit, maxRows)
}

/** For who may write the object. */
export async function listParts(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const row = await findMultipart(context)
  const target = await targetOf(context, caller)
  await checkPermission(context, caller, target, factsOf(context, null))
  const limit = limitOf(context, 'max-parts')
  const marker = Number(context.query.get('part-number-marker') ?? 0) || 0
  const statement = selectParts(row.id, marker, limit + 1)
  const parts = await readRows<PartRow>(context, service, statement)
  const page = parts.slice(0, limit)
  return s3Document('ListPartsResult', {
    Bucket: context.bucketId,
    Key: context.key,
    UploadId: row.id,
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.length > page.length ? page.at(-1)?.part_number : null,
    MaxParts: limit,
    IsTruncated: parts.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.part_number,
      LastModified: part.created_at,
      ETag: part.etag,
      Size: part.size,
    })),
  })
}

export async function listUploads(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  await requireBucket(context, caller)
  const { query, bucketId } = context
  const limit = limitOf(context, 'max-uploads')
  const prefix = query.get('prefix') ?? ''
  const key = query.get('key-marker') ?? ''
  const id = query.get('upload-id-marker') ?? ''
  // without an upload's id all of the marker's uploads are behind us
  const after = { key, id: id === '' && key !== '' ? '\u{10ffff}' : id }
  const statement = selectMultiparts(bucketId, prefix, after, limit + 1)
  const rows = await readRows<MultipartRow>(
    context,
    caller === service ? service : caller,
    statement,
  )
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const isTruncated = rows.length > page.length
  return s3Document('ListMultipartUploadsResult', {
    Bucket: bucketId,
    KeyMarker: key,
    UploadIdMarker: id,
    NextKeyMarker: isTruncated ? last?.key : null,
    NextUploadIdMarker: isTruncated ? last?.id : null,
    Prefix: prefix,
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: page.map((row) => ({
      Key: row.key,
      UploadId: row.id,
      StorageClass: 'STANDARD',
      Initiated: row.created_at,
    })),
  })
}

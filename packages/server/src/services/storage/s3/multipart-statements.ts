/** SQL of uploads in parts. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface MultipartRow {
  readonly id: string
  readonly key: string
  readonly owner_id: string | null
  readonly created_at: string
  readonly metadata: { readonly contentType: string; readonly cacheControl: string }
  readonly user_metadata: Record<string, unknown> | null
}

export interface PartRow {
  readonly id: string
  readonly part_number: number
  readonly size: number
  readonly etag: string
  readonly created_at: string
}

export const signature = 's3'

export function selectMultipart(bucketId: string, key: string, id: string): Statement {
  return sql`/* storage.selectMultipart */
    select id, key, owner_id, metadata, user_metadata,
      to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
    from storage.s3_multipart_uploads
    where id = ${id} and bucket_id = ${bucketId} and key = ${key} and upload_signature = ${signature}`
}

export function selectMultiparts(
  bucketId: string,
  prefix: string,
  after: { readonly key: string; readonly id: string },
  limit: number,
): Statement {
  return sql`/* storage.selectMultiparts */
    select id, key, owner_id, metadata, user_metadata,
      to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
    from storage.s3_multipart_uploads
    where bucket_id = ${bucketId} and upload_signature = ${signature} and starts_with(key, ${prefix})
      and (key, id collate "C") > (${after.key}, ${after.id})
    order by key, id collate "C" limit ${limit}`
}

/** The parts go with it. */
export function deleteMultipart(id: string): Statement {
  return sql`/* storage.deleteMultipart */
    delete from storage.s3_multipart_uploads where id = ${id} returning id`
}

/** What a part had before under its number is returned, for its bytes to be removed. */
export function replacePart(uploadId: string, number: number): Statement {
  return sql`/* storage.replacePart */
    delete from storage.s3_multipart_uploads_parts
    where upload_id = ${uploadId} and part_number = ${number}::int4 returning id`
}

export interface NewPart extends PartRow {
  readonly uploadId: string
  readonly bucketId: string
  readonly key: string
  readonly ownerId: string | null
}

export function insertPart(part: Omit<NewPart, 'created_at'>): Statement {
  return sql`/* storage.insertPart */
    insert into storage.s3_multipart_uploads_parts
      (id, upload_id, size, part_number, bucket_id, key, etag, owner_id, version)
    values (${part.id}::uuid, ${part.uploadId}, ${part.size}, ${part.part_number}::int4, ${part.bucketId}, ${part.key},
      ${part.etag}, ${part.ownerId}, ${part.uploadId})`
}

export function selectParts(uploadId: string, after: number, limit: number): Statement {
  return sql`/* storage.selectParts */
    select id, part_number, size, etag, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
    from storage.s3_multipart_uploads_parts
    where upload_id = ${uploadId} and part_number > ${after}::int4
    order by part_number limit ${limit}`
}

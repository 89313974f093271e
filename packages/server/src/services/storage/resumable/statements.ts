/** SQL of resumable uploads: rows of storage.s3_multipart_uploads whose signature says so. They survive a restart, and other nodes see them. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** What an upload was begun with; kept as its row's `metadata`. */
export interface UploadFactsKept {
  readonly contentType: string
  readonly cacheControl: string
  readonly isUpsert: boolean
  /** Null until the client says how long it is. */
  readonly length: number | null
}

export interface UploadRow {
  readonly id: string
  readonly bucket_id: string
  readonly key: string
  readonly owner_id: string | null
  readonly metadata: UploadFactsKept
  readonly user_metadata: Record<string, unknown> | null
  /** Seconds since the epoch. */
  readonly begun: number
}

export const signature = 'resumable'

export function selectUpload(id: string): Statement {
  return sql`/* storage.selectUpload */
    select id, bucket_id, key, owner_id, metadata, user_metadata, extract(epoch from created_at)::float8 as begun
    from storage.s3_multipart_uploads where id = ${id} and upload_signature = ${signature}`
}

export function updateUpload(id: string, metadata: string): Statement {
  return sql`/* storage.updateUpload */
    update storage.s3_multipart_uploads set metadata = ${metadata}::jsonb
    where id = ${id} and upload_signature = ${signature}`
}

export function deleteUpload(id: string): Statement {
  return sql`/* storage.deleteUpload */
    delete from storage.s3_multipart_uploads where id = ${id} and upload_signature = ${signature} returning id`
}

/** Some of those nobody goes on with. */
export function deleteExpired(seconds: number, count: number): Statement {
  return sql`/* storage.deleteExpiredUploads */
    delete from storage.s3_multipart_uploads where id in (
      select id from storage.s3_multipart_uploads
      where upload_signature = ${signature} and created_at < now() - make_interval(secs => ${seconds}::float8)
      limit ${count} for update skip locked
    ) returning id`
}

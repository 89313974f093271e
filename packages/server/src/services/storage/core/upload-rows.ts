/** SQL of uploads that are not objects yet: resumable ones and those of S3 in parts are rows of one table, told apart by their signature. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** `metadata` and `userMetadata` as JSON. */
export interface NewUpload {
  readonly id: string
  readonly bucketId: string
  readonly key: string
  readonly ownerId: string | null
  readonly metadata: string
  readonly userMetadata: string | null
}

export function insertUpload(signature: 'resumable' | 's3', row: NewUpload): Statement {
  return sql`/* storage.insertUpload */
    insert into storage.s3_multipart_uploads
      (id, in_progress_size, upload_signature, bucket_id, key, version, owner_id, metadata, user_metadata)
    values (${row.id}, 0, ${signature}, ${row.bucketId}, ${row.key}, ${row.id}, ${row.ownerId},
      ${row.metadata}::jsonb, ${row.userMetadata}::jsonb)`
}

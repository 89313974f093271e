/** Uploads under way in a bucket, resumable and in parts, ended: nobody goes on with what has no bucket. */
import { service, write } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { deleteUploads } from './statements.ts'

interface Dropped {
  readonly id: string
  readonly key: string
  readonly is_resumable: boolean
  /** Null where an upload has no parts. */
  readonly part_id: string | null
}

/** Rows go before bytes, so that no row is without them. */
export async function dropUploads(context: StorageContext): Promise<void> {
  const { bucketId, blobs } = context
  const dropped = await write<Dropped>(context, service, deleteUploads(bucketId))
  for (const { id, is_resumable } of dropped) if (is_resumable) await blobs.uploads.discard(id)
  const parts = dropped.filter(({ part_id }) => part_id !== null)
  await blobs.delete(
    parts.map(({ id, key: name, part_id }) => ({ bucketId, name, version: `${id}.${part_id}` })),
  )
}

/** Bytes that no row names any more are removed; what cannot be is for the sweep, and no fault of the request's. */
import type { BlobKey } from '#base/blob'
import type { StorageContext } from '#services/storage/core'

export async function forget(context: StorageContext, keys: readonly BlobKey[]): Promise<void> {
  try {
    await context.blobs.delete(keys)
  } catch (error) {
    context.scope.log.warn('bytes of objects that are gone could not be removed', {
      count: keys.length,
      error: error instanceof Error ? error.message : String(error),
    })
  }
}

/** Of objects that are replaced or gone, which caches hear of too. */
export function forgetObjects(context: StorageContext, keys: readonly BlobKey[]): Promise<void> {
  for (const { bucketId, name } of keys) context.purges.add(bucketId, [name])
  return forget(context, keys)
}

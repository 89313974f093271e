/** One object moved, also to another bucket: bytes first, then the row; what is left behind goes last. */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { Caller } from '#base/service'
import type { BlobKey } from '#base/blob'
import { findRules } from '#services/storage/bucket'
import {
  checkKey,
  newVersion,
  probe,
  readRows,
  service,
  storageErrors,
  write,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { forget, forgetObjects } from './forget.ts'
import { findVisible } from './read-endpoints.ts'
import { moveObject, selectVersionOf } from './statements.ts'
import type { Move } from './statements.ts'
import { ownerIdOf } from './upload-endpoints.ts'

/** Of a move whose object is being replaced by others. */
const maxAttempts = 3

export interface Transfer {
  readonly from: { readonly bucketId: string; readonly key: string }
  readonly to: { readonly bucketId: string; readonly key: string }
}

export async function moveOne(
  context: StorageContext,
  caller: Caller,
  { from, to }: Transfer,
): Promise<void> {
  checkKey(to.key)
  for (let attempt = 1; ; attempt++) {
    const source = await findVisible({ ...context, ...from }, caller)
    if (from.bucketId === to.bucketId && from.key === to.key) return
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
    if (decodeRows(moved as Result).length > 0 && (await moveBytes(context, move))) return
    if (attempt === maxAttempts) throw storageErrors.NoSuchKey()
  }
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
    else await forgetObjects(context, [before])
    return moved.length > 0
  } catch (error) {
    await forget(context, [after])
    throw error
  }
}

/** The next bytes of an upload; with the last one it becomes an object. */
import type { Caller } from '#base/service'
import type { BucketRules } from '#services/storage/bucket'
import { service, write } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { acceptUpload, checkPermission, sizeLimitOf } from '#services/storage/object'
import type { UploadTarget } from '#services/storage/object'
import { resumableErrors } from './errors.ts'
import { deleteUpload } from './statements.ts'
import type { UploadRow } from './statements.ts'
import { factsOf } from './upload.ts'
import type { Uploader } from './upload.ts'
import { Writers } from './writers.ts'

const writers = new Writers()

/** Keeps what comes behind `offset`, also when the client breaks off; the headers of the answer. */
export async function appendBody(
  context: StorageContext,
  rules: BucketRules,
  row: UploadRow,
  { caller, ownerId, isUpsert }: Uploader,
  offset: number,
): Promise<Record<string, string>> {
  const target: UploadTarget = { rules, name: row.key, isUpsert, ownerId }
  const { uploads } = context.blobs
  const { length } = row.metadata
  return writers.run(row.id, context.request.body.stream(), async (body) => {
    if ((await uploads.size(row.id)) !== offset) throw resumableErrors.conflict()
    // policies may have changed since it began
    if (caller !== null) await checkPermission(context, caller, target, factsOf(row))
    const room = (length ?? sizeLimitOf(context, rules)) - offset
    const { size, failure } = await uploads.append(row.id, offset, within(body, room))
    if (failure !== null) throw failure
    const headers = { 'upload-offset': String(size) }
    if (size !== length) return headers
    await finish(context, caller, target, row)
    return { ...headers, 'tus-complete': '1' }
  })
}

async function* within(body: AsyncIterable<Uint8Array>, room: number): AsyncIterable<Uint8Array> {
  let left = room
  for await (const chunk of body) {
    left -= chunk.length
    if (left < 0) throw resumableErrors.beyondLength()
    yield chunk
  }
}

async function finish(
  context: StorageContext,
  caller: Caller | null,
  target: UploadTarget,
  row: UploadRow,
): Promise<void> {
  const facts = factsOf(row)
  await acceptUpload(context, caller, target, facts, (key) =>
    context.blobs.uploads.finish(row.id, key, facts),
  )
  await write(context, service, deleteUpload(row.id))
}

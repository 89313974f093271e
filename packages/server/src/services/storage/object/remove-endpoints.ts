/** Objects removed: one, or many by their keys. The rows decide; the bytes follow. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { arrayLiteral } from '#base/sql'
import {
  readBody,
  readRows,
  requireCaller,
  service,
  storageErrors,
  write,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { forgetObjects } from './forget.ts'
import { deleteObject, deleteObjects, selectObject } from './statements.ts'
import type { ObjectRow } from './statements.ts'

export async function removeObject(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { bucketId, key: name } = context
  const [there] = await readRows(context, service, selectObject(bucketId, name))
  if (there === undefined) throw storageErrors.NoSuchKey()
  const statement = deleteObject(bucketId, name)
  const [deleted] = await write<{ version: string }>(context, caller, statement)
  if (deleted === undefined) throw storageErrors.AccessDenied({ message: 'Access denied' })
  await forgetObjects(context, [{ bucketId, name, version: deleted.version }])
  return jsonResponse(200, { message: 'Successfully deleted' })
}

/** What the caller may not delete, or is not there, is left out of the answer. */
export async function removeObjects(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { bucketId } = context
  const body = await readBody(context)
  const names = body.require('prefixes').texts('prefixes', { min: 1, max: 1000 }) ?? []
  const statement = deleteObjects(bucketId, arrayLiteral(names))
  const deleted = await write<ObjectRow>(context, caller, statement)
  await forgetObjects(
    context,
    deleted.map(({ name, version }) => ({ bucketId, name, version: version ?? '' })),
  )
  return jsonResponse(200, deleted)
}

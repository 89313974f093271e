/**
 * An object becomes one: may the caller, are size and type what the bucket admits, bytes kept, row written. The row comes last
 * and says which bytes are the object's: whatever fails before leaves at most bytes that nobody names, for the sweep.
 */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Caller } from '#base/service'
import type { Statement } from '#base/sql'
import type { BucketRules } from '#services/storage/bucket'
import type { BlobKey, Stored } from '#services/storage/blob'
import {
  checkKey,
  isAllowedType,
  newVersion,
  probe,
  service,
  storageErrors,
  write,
  writeEach,
} from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { forget } from './forget.ts'
import {
  insertObject,
  insertReturning,
  lockKey,
  selectVersion,
  upsertObject,
} from './statements.ts'
import type { NewObject, ObjectRow, SystemMetadata } from './statements.ts'

export interface UploadTarget {
  readonly rules: BucketRules
  readonly name: string
  readonly isUpsert: boolean
  /** `sub` of the caller, or the owner a token names. */
  readonly ownerId: string | null
}

export interface UploadFacts {
  readonly contentType: string
  readonly cacheControl: string
  readonly robotsTag: string | null
  readonly userMetadata: JsonObject | null
  readonly contentLength: number | null
}

const placeholder = '.emptyFolderPlaceholder'

/** Largest object: the bucket's limit, where it has one, within the project's. */
export function sizeLimitOf({ config }: StorageContext, { file_size_limit }: BucketRules): number {
  return Math.min(file_size_limit ?? Infinity, config['storage.file_size_limit'])
}

/** What can be refused before a byte is read. */
export function checkUpload(
  context: StorageContext,
  target: UploadTarget,
  facts: UploadFacts,
): void {
  checkKey(target.name)
  const { contentLength, contentType } = facts
  if (contentLength !== null && contentLength > sizeLimitOf(context, target.rules))
    throw storageErrors.EntityTooLarge()
  if (isPlaceholder(target.name)) {
    if (contentLength !== null && contentLength > 0) throw storageErrors.NoFolderBytes()
    return
  }
  const { allowed_mime_types: allowed } = target.rules
  const isFit = allowed === null ? contentType.includes('/') : isAllowedType(contentType, allowed)
  if (!isFit) throw storageErrors.InvalidMimeType({ type: contentType })
}

function isPlaceholder(name: string): boolean {
  return name === placeholder || name.endsWith(`/${placeholder}`)
}

/** Whether the caller's policies admit the upload; `contentLength` is what they see as the size. */
export async function checkPermission(
  context: StorageContext,
  caller: Caller,
  target: UploadTarget,
  facts: UploadFacts,
): Promise<void> {
  const { contentType: mimetype, contentLength } = facts
  const metadata = { mimetype, ...(contentLength === null ? {} : { contentLength }) }
  const object = { ...newObject(target, '1', facts), metadata: JSON.stringify(metadata) }
  await probe(context, caller, target.isUpsert ? upsertObject(object) : insertObject(object))
}

function newObject(target: UploadTarget, version: string, facts: UploadFacts): NewObject {
  const { userMetadata } = facts
  return {
    bucketId: target.rules.id,
    name: target.name,
    ownerId: target.ownerId,
    version,
    metadata: '{}',
    userMetadata: userMetadata === null ? null : JSON.stringify(userMetadata),
  }
}

export interface Accepted {
  readonly row: ObjectRow
  readonly stored: Stored
}

/** Keeps the bytes by `keep`, then writes the row as `service_role`. What failed has left nothing but, at worst, unnamed bytes. */
export async function acceptUpload(
  context: StorageContext,
  target: UploadTarget,
  facts: UploadFacts,
  keep: (key: BlobKey) => Promise<Stored>,
): Promise<Accepted> {
  const { rules, name } = target
  const key: BlobKey = { bucketId: rules.id, name, version: newVersion(context) }
  const stored = await keep(key)
  try {
    if (isPlaceholder(name) && stored.size > 0) throw storageErrors.NoFolderBytes()
    const metadata = JSON.stringify(systemMetadata(context, stored, facts))
    const object: NewObject = { ...newObject(target, key.version, facts), metadata }
    const row = await replaceRow(context, target, object)
    return { row, stored }
  } catch (error) {
    await forget(context, [key])
    throw error
  }
}

export function systemMetadata(
  { project }: StorageContext,
  { size, etag }: Stored,
  { contentType, cacheControl, robotsTag }: UploadFacts,
): SystemMetadata {
  return {
    eTag: etag,
    size,
    mimetype: contentType,
    cacheControl,
    lastModified: new Date(project.clock.now()).toISOString(),
    contentLength: size,
    httpStatusCode: 200,
    ...(robotsTag === null ? {} : { xRobotsTag: robotsTag }),
  }
}

/** Of two who write one key at the same instant the second replaces what the first wrote, and removes its bytes. */
async function replaceRow(
  context: StorageContext,
  { isUpsert, rules, name }: UploadTarget,
  object: NewObject,
): Promise<ObjectRow> {
  if (!isUpsert) {
    const [row] = await write<ObjectRow>(context, service, insertReturning(object))
    return row as ObjectRow
  }
  return writeOver(context, { bucketId: rules.id, name }, upsertObject(object))
}

/** Writes a row over what its key has now, and removes the bytes that have no row any more. */
export async function writeOver(
  context: StorageContext,
  { bucketId, name }: { readonly bucketId: string; readonly name: string },
  statement: Statement,
): Promise<ObjectRow> {
  const [, before, written] = await writeEach(
    context,
    service,
    lockKey(bucketId, name),
    selectVersion(bucketId, name),
    statement,
  )
  const replaced = decodeRows<{ version: string }>(before as Result)
  await forget(
    context,
    replaced.map(({ version }) => ({ bucketId, name, version })),
  )
  return decodeRows<ObjectRow>(written as Result)[0] as ObjectRow
}

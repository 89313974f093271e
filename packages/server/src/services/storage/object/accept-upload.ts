/**
 * An object becomes one: may the caller, are size and type what the bucket admits, bytes kept, row written. The row comes last
 * and says which bytes are the object's: whatever fails before leaves at most bytes that nobody names, for the sweep.
 */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Caller } from '#base/service'
import type { BucketRules } from '#services/storage/bucket'
import type { BlobKey, Stored } from '#base/blob'
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
import { forget, forgetObjects } from './forget.ts'
import {
  insertObject,
  insertReturning,
  lockKey,
  selectIdentity,
  selectVersion,
  upsertObject,
} from './statements.ts'
import type { NewObject, ObjectRow, Replaceable, SystemMetadata } from './statements.ts'

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
/** Of an upload over what others write over as well: of each round of them one gets through. */
const maxAttempts = 100

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

/** Whether the caller's policies admit the upload, and over what; `contentLength` is what they see as the size. */
export async function checkPermission(
  context: StorageContext,
  caller: Caller,
  target: UploadTarget,
  facts: UploadFacts,
): Promise<Replaceable> {
  const { contentType: mimetype, contentLength } = facts
  const metadata = { mimetype, ...(contentLength === null ? {} : { contentLength }) }
  const object = { ...newObject(target, '1', facts), metadata: JSON.stringify(metadata) }
  const { rules, name, isUpsert } = target
  if (!isUpsert) {
    await probe(context, caller, insertObject(object))
    return { identity: null }
  }
  const [seen] = await probe(context, caller, selectIdentity(rules.id, name), upsertObject(object))
  return { identity: decodeRows<{ identity: string }>(seen as Result)[0]?.identity ?? null }
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

/**
 * Asks the caller's policies (null: a signed URL, nobody is asked), keeps the bytes by `keep`, then writes the row as
 * `service_role`. What failed has left nothing but, at worst, unnamed bytes.
 */
export async function acceptUpload(
  context: StorageContext,
  caller: Caller | null,
  target: UploadTarget,
  facts: UploadFacts,
  keep: (key: BlobKey) => Promise<Stored>,
): Promise<Accepted> {
  const { rules, name } = target
  const permit = (): Promise<Replaceable> =>
    caller === null ? Promise.resolve('any') : checkPermission(context, caller, target, facts)
  const replaceable = await permit()
  const key: BlobKey = { bucketId: rules.id, name, version: newVersion(context) }
  const stored = await keep(key)
  try {
    if (isPlaceholder(name) && stored.size > 0) throw storageErrors.NoFolderBytes()
    const metadata = JSON.stringify(systemMetadata(context, stored, facts))
    const object: NewObject = { ...newObject(target, key.version, facts), metadata }
    if (target.isUpsert)
      return { row: await replaceRow(context, object, replaceable, permit), stored }
    const [row] = await write<ObjectRow>(context, service, insertReturning(object))
    return { row: row as ObjectRow, stored }
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

/** While the bytes came another row may have come to be there: then it is that one the caller has to be allowed to replace. */
async function replaceRow(
  context: StorageContext,
  object: NewObject,
  permitted: Replaceable,
  permit: () => Promise<Replaceable>,
): Promise<ObjectRow> {
  let replaceable = permitted
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const row = await writeOver(context, object, replaceable)
    if (row !== null) return row
    replaceable = await permit()
  }
  throw storageErrors.ResourceLocked()
}

/** Of two who write one key at the same instant the second replaces what the first wrote, and removes its bytes. */
async function writeOver(
  context: StorageContext,
  object: NewObject,
  replaceable: Replaceable,
): Promise<ObjectRow | null> {
  const { bucketId, name } = object
  const [, before, written] = await writeEach(
    context,
    service,
    lockKey(bucketId, name),
    selectVersion(bucketId, name),
    upsertObject(object, replaceable),
  )
  const [row] = decodeRows<ObjectRow>(written as Result)
  if (row === undefined) return null
  const replaced = decodeRows<{ version: string }>(before as Result)
  await forgetObjects(
    context,
    replaced.map(({ version }) => ({ bucketId, name, version })),
  )
  return row
}

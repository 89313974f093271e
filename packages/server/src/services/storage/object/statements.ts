/** SQL on storage.objects. Whose role runs it decides what it may see and do. */
import { fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import { isoTime, ownerOf } from '#services/storage/bucket'

/** What an object's row says of its bytes, as supabase/storage writes it. */
export interface SystemMetadata {
  readonly eTag: string
  readonly size: number
  readonly mimetype: string
  readonly cacheControl: string
  readonly lastModified: string
  readonly contentLength: number
  readonly httpStatusCode: number
  readonly xRobotsTag?: string
}

export interface ObjectRow {
  readonly id: string
  readonly name: string
  readonly bucket_id: string
  readonly version: string
  readonly metadata: Partial<SystemMetadata> | null
  readonly user_metadata: Record<string, unknown> | null
  readonly created_at: string
  readonly updated_at: string
}

/** A row to be: `metadata` and `userMetadata` as JSON. */
export interface NewObject {
  readonly bucketId: string
  readonly name: string
  readonly ownerId: string | null
  readonly version: string
  readonly metadata: string
  readonly userMetadata: string | null
}

const columns = fragment`id, name, bucket_id, coalesce(version, '') as version, metadata, user_metadata,
  ${isoTime('created_at')}, ${isoTime('updated_at')}`

export function selectObject(bucketId: string, name: string): Statement {
  return sql`/* storage.selectObject */
    select ${columns} from storage.objects where bucket_id = ${bucketId} and name = ${name}`
}

/** A bucket's openness and an object of it in one look: no row where there is no bucket, nulls where there is no object. */
export function selectWithBucket(bucketId: string, name: string): Statement {
  return sql`/* storage.selectWithBucket */
    select bucket.public, object.* from storage.buckets bucket
    left join (
      select ${columns} from storage.objects where bucket_id = ${bucketId} and name = ${name}
    ) object on true
    where bucket.id = ${bucketId}`
}

export function selectNames(bucketId: string, names: string): Statement {
  return sql`/* storage.selectNames */
    select name from storage.objects where bucket_id = ${bucketId} and name = any(${names}::text[])`
}

/** Keys below a prefix behind another, in the order of their bytes; no key has a letter behind the last of Unicode's. */
export function selectNamesBehind(
  bucketId: string,
  prefix: string,
  after: string,
  limit: number,
): Statement {
  return sql`/* storage.selectNamesBehind */
    select name from storage.objects
    where bucket_id = ${bucketId} and starts_with(name, ${prefix})
      and name collate "C" >= ${prefix} and name collate "C" < ${`${prefix}\u{10ffff}`}
      and name collate "C" > ${after}
    order by name collate "C" limit ${limit}`
}

function values(object: NewObject): Fragment {
  return fragment`(bucket_id, name, owner, owner_id, version, metadata, user_metadata)
    values (${object.bucketId}, ${object.name}, ${ownerOf(object.ownerId)}, ${object.ownerId}, ${object.version},
      ${object.metadata}::jsonb, ${object.userMetadata}::jsonb)`
}

const replace = verbatim(`on conflict (bucket_id, name) do update set
  version = excluded.version, owner = excluded.owner, owner_id = excluded.owner_id,
  metadata = excluded.metadata, user_metadata = excluded.user_metadata, updated_at = now()`)

/** Without RETURNING, which would ask for SELECT as well. */
export function insertObject(object: NewObject): Statement {
  return sql`/* storage.insertObject */ insert into storage.objects ${values(object)}`
}

export function insertReturning(object: NewObject): Statement {
  return sql`/* storage.insertReturning */ insert into storage.objects ${values(object)} returning ${fullColumns}`
}

/** The row that may be replaced, by its identity (null: none is there), or any. */
export type Replaceable = { readonly identity: string | null } | 'any'

/** Of a row that nobody has written since the policies were asked the same holds. */
const identity = verbatim(`objects.xmin::text || ' ' || objects.id::text`)

export function selectIdentity(bucketId: string, name: string): Statement {
  return sql`/* storage.selectIdentity */
    select ${identity} as identity from storage.objects where bucket_id = ${bucketId} and name = ${name}`
}

/** Asks for INSERT and SELECT, and for UPDATE where the object is there; no row where another is there than may be replaced. */
export function upsertObject(object: NewObject, replaceable: Replaceable = 'any'): Statement {
  const where =
    replaceable === 'any'
      ? verbatim('')
      : fragment`where ${identity} = ${replaceable.identity}::text`
  return sql`/* storage.upsertObject */
    insert into storage.objects ${values(object)} ${replace} ${where} returning ${fullColumns}`
}

/** Until the transaction ends nobody else writes this key: who replaces bytes knows which. */
export function lockKey(bucketId: string, name: string): Statement {
  return sql`/* storage.lockKey */
    select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${`${bucketId}/${name}`}, 0))`
}

/** Of the object a key has now. */
export function selectVersion(bucketId: string, name: string): Statement {
  return sql`/* storage.selectVersion */
    select coalesce(version, '') as version from storage.objects
    where bucket_id = ${bucketId} and name = ${name} for update`
}

/** Whether an object still has these bytes. */
export function selectVersionOf(key: {
  readonly bucketId: string
  readonly name: string
  readonly version: string
}): Statement {
  return sql`/* storage.selectVersionOf */
    select 1 from storage.objects
    where bucket_id = ${key.bucketId} and name = ${key.name} and coalesce(version, '') = ${key.version}`
}

/** As the answers of copy and delete have them. */
export const fullColumns = fragment`id, name, bucket_id, coalesce(owner::text, '') as owner, owner_id, version,
  metadata, user_metadata, ${isoTime('created_at')}, ${isoTime('updated_at')}, ${isoTime('last_accessed_at')}`

export function deleteObject(bucketId: string, name: string): Statement {
  return sql`/* storage.deleteObject */
    delete from storage.objects where bucket_id = ${bucketId} and name = ${name}
    returning coalesce(version, '') as version`
}

/** `names` as an array literal. */
export function deleteObjects(bucketId: string, names: string): Statement {
  return sql`/* storage.deleteObjects */
    delete from storage.objects where bucket_id = ${bucketId} and name = any(${names}::text[])
    returning ${fullColumns}`
}

export interface Move {
  readonly bucketId: string
  readonly name: string
  /** Of the source: who moves it has copied these bytes. */
  readonly fromVersion: string
  readonly toBucketId: string
  readonly toName: string
  readonly version: string
  readonly metadata: string | null
  readonly ownerId: string | null
}

export function moveObject(move: Move): Statement {
  return sql`/* storage.moveObject */
    update storage.objects set bucket_id = ${move.toBucketId}, name = ${move.toName}, version = ${move.version},
      owner = ${ownerOf(move.ownerId)}, owner_id = ${move.ownerId},
      metadata = coalesce(${move.metadata}::jsonb, metadata)
    where bucket_id = ${move.bucketId} and name = ${move.name} and coalesce(version, '') = ${move.fromVersion}
    returning id`
}

/** SQL on storage.buckets. */
import { fragment, join, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'

export interface BucketRow {
  readonly id: string
  readonly name: string
  readonly owner: string
  readonly public: boolean
  readonly file_size_limit: number | null
  readonly allowed_mime_types: string[] | null
  readonly type?: string
  readonly created_at: string
  readonly updated_at: string
}

/** What of a bucket decides about uploads and reads. */
export interface BucketRules {
  readonly id: string
  readonly public: boolean
  readonly file_size_limit: number | null
  readonly allowed_mime_types: string[] | null
}

/** A timestamp as JavaScript writes it: `2026-01-01T00:00:00.000Z`. */
export function isoTime(column: string): Fragment {
  return verbatim(`to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`)
}

const columns = fragment`id, name, coalesce(owner::text, '') as owner, public, file_size_limit, allowed_mime_types,
  ${isoTime('created_at')}, ${isoTime('updated_at')}`

export interface NewBucket {
  readonly id: string
  readonly name: string
  readonly isPublic: boolean
  readonly sizeLimit: number | null
  readonly types: string | null
  readonly ownerId: string | null
}

const isUuid = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'

/** The older column takes UUIDs only. */
export function ownerOf(ownerId: string | null): Fragment {
  return fragment`case when ${ownerId}::text ~ ${isUuid} then ${ownerId}::text::uuid end`
}

export function insertBucket(bucket: NewBucket): Statement {
  return sql`/* storage.insertBucket */
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, owner, owner_id)
    values (${bucket.id}, ${bucket.name}, ${bucket.isPublic}, ${bucket.sizeLimit}, ${bucket.types}::text[],
      ${ownerOf(bucket.ownerId)}, ${bucket.ownerId})`
}

export function selectBucket(id: string): Statement {
  return sql`/* storage.selectBucket */ select ${columns} from storage.buckets where id = ${id}`
}

export function selectRules(id: string): Statement {
  return sql`/* storage.selectRules */
    select id, public, file_size_limit, allowed_mime_types from storage.buckets where id = ${id}`
}

export interface BucketPage {
  readonly limit: number | null
  readonly offset: number
  readonly column: 'id' | 'name' | 'created_at' | 'updated_at'
  readonly order: 'asc' | 'desc'
  readonly search: string
  readonly withType: boolean
}

export function selectBuckets(page: BucketPage): Statement {
  const { limit, offset, search } = page
  const type = page.withType ? fragment`, type::text as type` : verbatim('')
  return sql`/* storage.selectBuckets */
    select ${columns}${type} from storage.buckets
    where strpos(lower(name), lower(${search})) > 0
    order by ${verbatim(`buckets.${page.column} ${page.order}`)}
    limit ${limit} offset ${offset}`
}

/** Only what is given changes; null clears a limit. */
export interface BucketChange {
  readonly isPublic?: boolean
  readonly sizeLimit?: number | null
  readonly types?: string | null
}

export function updateBucket(id: string, change: BucketChange): Statement {
  const sets: Fragment[] = [fragment`updated_at = now()`]
  if (change.isPublic !== undefined) sets.push(fragment`public = ${change.isPublic}`)
  if (change.sizeLimit !== undefined) sets.push(fragment`file_size_limit = ${change.sizeLimit}`)
  if (change.types !== undefined) sets.push(fragment`allowed_mime_types = ${change.types}::text[]`)
  return sql`/* storage.updateBucket */
    update storage.buckets set ${join(sets, ', ')} where id = ${id} returning id`
}

export function deleteBucket(id: string): Statement {
  return sql`/* storage.deleteBucket */ delete from storage.buckets where id = ${id} returning id`
}

export function hasObjects(id: string): Statement {
  return sql`/* storage.hasObjects */
    select exists (select 1 from storage.objects where bucket_id = ${id}) as found`
}

/** A batch of what is in a bucket, deleted. */
export function deleteSomeObjects(id: string, count: number): Statement {
  return sql`/* storage.deleteSomeObjects */
    delete from storage.objects where id in (
      select id from storage.objects where bucket_id = ${id} limit ${count} for update skip locked
    ) returning name, coalesce(version, '') as version`
}

/** Uploads under way, each with its parts; those go with it. */
export function deleteUploads(bucketId: string): Statement {
  return sql`/* storage.deleteUploads */
    with gone as (
      delete from storage.s3_multipart_uploads where bucket_id = ${bucketId} returning id, key, upload_signature
    )
    select gone.id, gone.key, gone.upload_signature = 'resumable' as is_resumable, parts.id::text as part_id
    from gone left join storage.s3_multipart_uploads_parts parts on parts.upload_id = gone.id`
}

/** SQL of the sweep: both sides go into temporary tables of its transaction, and Postgres compares them, on its disk where they are many. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export const createTables = `
  create temporary table swept_rows (name text not null, id uuid) on commit drop;
  create temporary table swept_blobs (name text not null, size int8 not null) on commit drop;
`

/** Numbered, so that they are read by pages. */
export const compareTables = `
  analyze swept_rows;
  analyze swept_blobs;
  create temporary table swept_orphans on commit drop as
    select row_number() over () as n, name, size from swept_blobs b
    where not exists (select from swept_rows r where r.name = b.name);
  create temporary table swept_missing on commit drop as
    select row_number() over () as n, id from swept_rows r
    where id is not null and not exists (select from swept_blobs b where b.name = r.name);
`

export interface ObjectRow {
  readonly id: string
  readonly bucket_id: string
  readonly name: string
  readonly version: string
}

export interface PartRow {
  readonly id: string
  readonly bucket_id: string
  readonly key: string
  readonly upload_id: string
}

export const firstId = '00000000-0000-0000-0000-000000000000'

export function selectObjects(after: string, limit: number): Statement {
  return sql`/* storage.sweepObjects */
    select id, bucket_id, name, coalesce(version, '') as version
    from storage.objects where id > ${after}::uuid order by id limit ${limit}`
}

export function selectParts(after: string, limit: number): Statement {
  return sql`/* storage.sweepParts */
    select id, bucket_id, key, upload_id
    from storage.s3_multipart_uploads_parts where id > ${after}::uuid order by id limit ${limit}`
}

/** `ids` are null for what is not an object's. */
export function insertRows(names: readonly string[], ids: readonly (string | null)[]): Statement {
  return sql`/* storage.sweepInsertRows */
    insert into pg_temp.swept_rows (name, id)
    select * from unnest(${arrayLiteral(names)}::text[], ${arrayLiteral(ids)}::uuid[])`
}

/** `size` is -1 for those that are too young to be orphans. */
export function insertBlobs(names: readonly string[], sizes: readonly number[]): Statement {
  return sql`/* storage.sweepInsertBlobs */
    insert into pg_temp.swept_blobs (name, size)
    select * from unnest(${arrayLiteral(names)}::text[], ${arrayLiteral(sizes.map(String))}::int8[])`
}

export function selectOrphans(after: number, limit: number): Statement {
  return sql`/* storage.sweepOrphans */
    select n, name, size from pg_temp.swept_orphans
    where n > ${after} and n <= ${after + limit} and size >= 0`
}

export function countOf(table: 'orphans' | 'missing'): Statement {
  return table === 'orphans'
    ? sql`/* storage.sweepCountOrphans */ select count(*)::int8 as n from pg_temp.swept_orphans`
    : sql`/* storage.sweepCountMissing */ select count(*)::int8 as n from pg_temp.swept_missing`
}

/** As they are now: what was written or removed meanwhile is none. */
export function selectMissing(after: number, limit: number, beforeSeconds: number): Statement {
  return sql`/* storage.sweepMissing */
    select o.id, o.bucket_id, o.name, coalesce(o.version, '') as version
    from pg_temp.swept_missing m join storage.objects o on o.id = m.id
    where m.n > ${after} and m.n <= ${after + limit}
      and coalesce(o.updated_at, o.created_at, '-infinity') < to_timestamp(${beforeSeconds}::float8)`
}

export function deleteRow({ id, version }: ObjectRow): Statement {
  return sql`/* storage.sweepDeleteRow */
    delete from storage.objects where id = ${id}::uuid and coalesce(version, '') = ${version} returning id`
}

export function selectUploads(ids: readonly string[]): Statement {
  return sql`/* storage.sweepUploads */
    select id from storage.s3_multipart_uploads where id = any(${arrayLiteral(ids)}::text[])`
}

/** SQL of the first listing: what a folder has, names and folders, whatever their case. */
import { fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import { isoTime } from '#services/storage/bucket'
import { carried, listedOf } from './listed-columns.ts'

export interface FolderSearch {
  readonly bucketId: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  readonly limit: number
  readonly offset: number
  readonly search: string
  readonly column: string
  readonly order: string
}

export function searchFolder(search: FolderSearch): Statement {
  if (search.column === 'name') return searchFolderByName(search)
  const { prefix, bucketId, limit, offset, column, order } = search
  const levels = prefix.split('/').length
  return sql`/* storage.searchFolder */
    select name, id, ${isoTime('updated_at')}, ${isoTime('created_at')}, ${isoTime('last_accessed_at')}, metadata
    from storage.search(${prefix}, ${bucketId}, ${limit}::int4, ${levels}::int4, ${offset}::int4, ${search.search}, ${column}, ${order})`
}

/** As `storage.search`. */
const maxListed = 1_500
/** Deeper pages are cheaper to be read past than looked up one by one (10 µs each). */
const maxLookUps = 5_000

/**
 * As `storage.search` has it: case makes no difference, a folder comes where its first object would. One look-up after the
 * other where the index of lower(name) can be used under the caller's policies (see migration 0004); else, and for pages deep
 * in a folder, all below the prefix in one pass.
 */
function searchFolderByName(search: FolderSearch): Statement {
  const { bucketId, prefix, offset, order } = search
  const limit = Math.min(search.limit, maxListed)
  // by Postgres: what is a small letter depends on the database
  const start = fragment`lower(${prefix + search.search}::text)`
  const last = offset + limit
  const below = fragment`bucket_id = ${bucketId} and lower(name) collate "C" >= ${start}
    and lower(name) collate "C" < ${start} || chr(1114111)`
  const canLookUp =
    last > maxLookUps
      ? verbatim('select false as yes')
      : verbatim(`select proleakproof or (select rolbypassrls from pg_catalog.pg_roles where rolname = current_user) as yes
          from pg_catalog.pg_proc where oid = 'pg_catalog.lower(text)'::regprocedure`)
  return sql`/* storage.searchFolderByName */
    with recursive can_look_up as materialized (${canLookUp}),
    page as (
      (select 1 as n, found.* from can_look_up cross join lateral (${lookUp(start, below, order)}) found where yes)
      union all
      select page.n + 1, found.* from page
      cross join lateral (${lookUp(start, below, order, behindPlace(order))}) found
      where page.n < ${last}::int4
    ),
    entry as (
      select folder, id, lowered, name, ${carried} from page where n > ${offset}::int4
      union all
      (select * from (${onePass(start, below)}) passed where not (select yes from can_look_up)
      order by lowered collate "C" ${verbatim(order)}, name collate "C" ${verbatim(order)}
      limit ${limit}::int4 offset ${offset}::int4)
    )
    select substr(coalesce(left(entry.folder, -1), entry.name), char_length(${prefix}::text) + 1) as name, entry.id,
      ${listedOf('entry')}
    from entry order by entry.lowered collate "C" ${verbatim(order)}, entry.name collate "C" ${verbatim(order)}`
}

/** The folder a name lies in, in its own letters, or null. */
function ownFolder(start: Fragment): Fragment {
  const inside = fragment`strpos(substr(name, char_length(${start}) + 1), '/')`
  return fragment`case when ${inside} > 0 then left(name, char_length(${start}) + ${inside}) end`
}

/** What comes first behind a place. */
function lookUp(
  start: Fragment,
  below: Fragment,
  order: string,
  behind = verbatim('true'),
): Fragment {
  const folder = ownFolder(start)
  return fragment`
    select ${folder} as folder, case when ${folder} is null then id end as id, lower(name) as lowered, name, ${carried}
    from storage.objects where ${below} and ${behind}
    order by lower(name) collate "C" ${verbatim(order)}, name collate "C" ${verbatim(order)} limit 1`
}

/** Behind all of a folder, or behind a name; names that differ in case only have their own order. */
function behindPlace(order: string): Fragment {
  const isUp = order === 'asc'
  const end = isUp ? verbatim(`lower(page.folder) || chr(1114111)`) : verbatim('lower(page.folder)')
  return fragment`(lower(name) collate "C", name collate "C") ${verbatim(isUp ? '>' : '<')}
    (case when page.folder is null then page.lowered else ${end} end, case when page.folder is null then page.name else '' end)`
}

function onePass(start: Fragment, below: Fragment): Fragment {
  const inside = fragment`select ${ownFolder(start)} as folder, id, lower(name) as lowered, name, ${carried}
    from storage.objects where ${below}`
  return fragment`
    select min(folder collate "C") as folder, null::uuid as id, lower(folder) as lowered, '' as name, null::timestamptz, null::timestamptz, null::timestamptz, null::jsonb
    from (${inside}) inside where folder is not null group by lower(folder)
    union all
    select folder, id, lowered, name, ${carried} from (${inside}) inside where folder is null`
}

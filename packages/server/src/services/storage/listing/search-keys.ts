/** SQL of the second listing, and of S3's. Keys in the order of their names are found one index look-up at a time: a folder of a million objects costs one. */
import { fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import type { SystemMetadata } from '#services/storage/object'
import type { ListCursor } from './list-cursor.ts'
import { carried, listedOf } from './listed-columns.ts'

export interface KeySearch extends ListCursor {
  readonly bucketId: string
  readonly prefix: string
  readonly limit: number
  readonly withFolders: boolean
}

/** `id` is null for a folder, whose name ends with a slash. */
export interface ListedKey {
  readonly id: string | null
  readonly name: string
  readonly sort_time: string
  readonly updated_at: string
  readonly metadata: Partial<SystemMetadata> | null
}

export function searchKeys(search: KeySearch): Statement {
  return search.column === 'name' ? searchByName(search) : searchByTime(search)
}

/** The folder a key lies in below the prefix, or null: `a/b/c` below `a/` → `a/b/`. */
function folderOf(prefix: string): Fragment {
  return fragment`case when strpos(substr(name, char_length(${prefix}::text) + 1), '/') > 0 then
    ${prefix}::text || split_part(substr(name, char_length(${prefix}::text) + 1), '/', 1) || '/' end`
}

/** Between these are the keys that begin with the prefix, and few others: no key has a letter behind the last of Unicode's. */
function within({ bucketId, prefix }: KeySearch): Fragment {
  return fragment`bucket_id = ${bucketId} and starts_with(name, ${prefix})
    and name collate "C" >= ${prefix} and name collate "C" < ${`${prefix}\u{10ffff}`}`
}

function searchByName(search: KeySearch): Statement {
  const { order, after, limit, withFolders } = search
  const isUp = order === 'asc'
  const begin = isUp ? firstBehind(after, withFolders) : after
  const reach = verbatim(isUp ? '>=' : '<')
  const first = after === '' ? verbatim('true') : fragment`name collate "C" ${reach} ${begin}`
  if (withFolders) return searchWithFolders(search, first)
  return sql`/* storage.searchByName */
    select id, name, '' as sort_time, ${listedOf('object')} from storage.objects object
    where ${within(search)} and ${first} order by name collate "C" ${verbatim(order)} limit ${limit}`
}

/** The next key behind the one before: behind the whole of a folder, whose last letter, `/`, comes right before `0`. */
function searchWithFolders(search: KeySearch, first: Fragment): Statement {
  const { prefix, order, limit } = search
  const isUp = order === 'asc'
  const folder = folderOf(prefix)
  const end = isUp
    ? fragment`case when page.name like '%/' and page.id is null then left(page.name, -1) || '0' else page.name || chr(1) end`
    : fragment`page.name`
  const behind = fragment`name collate "C" ${verbatim(isUp ? '>=' : '<')} ${end}`
  const next = (from: Fragment): Fragment => fragment`
    select coalesce(${folder}, name) as name, case when ${folder} is null then id end as id, ${carried}
    from storage.objects
    where ${within(search)} and ${from}
    order by name collate "C" ${verbatim(order)} limit 1`
  return sql`/* storage.searchWithFolders */
    with recursive page as (
      (select 1 as n, found.* from (${next(first)}) found)
      union all
      select page.n + 1, found.* from page
      cross join lateral (${next(behind)}) found
      where page.n < ${limit}::int4
    )
    select id, name, '' as sort_time, ${listedOf('page')} from page order by n`
}

function firstBehind(after: string, withFolders: boolean): string {
  return withFolders && after.endsWith('/') ? `${after.slice(0, -1)}0` : `${after}\u0001`
}

/** A folder has the time of the first object of it that comes. */
function searchByTime(search: KeySearch): Statement {
  const { bucketId, prefix, column, order, after, time, limit, withFolders } = search
  const folder = withFolders ? folderOf(prefix) : verbatim('null::text')
  const sort = verbatim(`objects.${column}`)
  const first = verbatim(order === 'asc' ? 'min' : 'max')
  const reach = verbatim(order === 'asc' ? '>' : '<')
  const direction = verbatim(order)
  const behind =
    time === ''
      ? verbatim('true')
      : fragment`(at, name collate "C") ${reach} (${time}::timestamptz, ${after}::text)`
  return sql`/* storage.searchByTime */
    with keys as (
      select name, null::uuid as id, ${first}(at) as at from (
        select ${folder} as name, ${sort} as at from storage.objects
        where bucket_id = ${bucketId} and starts_with(name, ${prefix})
      ) inside where name is not null group by name
      union all
      select name, id, ${sort} as at from storage.objects
      where bucket_id = ${bucketId} and starts_with(name, ${prefix}) and ${folder} is null
    )
    select page.id, page.name, page.at::text as sort_time, ${listedOf('object')}
    from (
      select * from keys where ${behind}
      order by at ${direction}, name collate "C" ${direction} limit ${limit}
    ) page left join storage.objects object on object.id = page.id
    order by page.at ${direction}, page.name collate "C" ${direction}`
}

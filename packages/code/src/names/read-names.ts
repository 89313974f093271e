/** Names of a repository and how far they have come, from Postgres. */
import type { Database } from '#postgres'

/** How far the symbols of a repository have come: with another one, some may be missing. */
export interface Version {
  readonly repository: string
  readonly epoch: number
  readonly lastId: number
}

/** `id:epoch:last_id,…`, as `versionsSql` makes it; '' of none. */
export function parseVersions(text: string): readonly Version[] {
  if (text === '') return []
  return text.split(',').map((part) => {
    const [repository = '', epoch, lastId] = part.split(':')
    return { repository, epoch: Number(epoch), lastId: Number(lastId) }
  })
}

/** As text, of the repositories with these `conditions`. */
export function versionsSql(conditions: string): string {
  return `
select coalesce(string_agg(repositories.id || ':' || coalesce(versions.epoch, 0) || ':' || coalesce(versions.last_id, 0), ','
  order by repositories.id), '') as versions
from public.repositories left join code.symbol_versions versions on versions.repository_id = repositories.id
where ${conditions}`
}

export interface Dialect {
  /** Whether capitals of ASCII become its small letters, which is not so in Turkish. */
  readonly isPlain: boolean
  /** Of pg_trgm; null where it is not installed. */
  readonly trigramSchema: string | null
  readonly threshold: number
}

/** @throws unavailable */
export async function readDialect(db: Database): Promise<Dialect> {
  const [row] = await db.query<{ plain: boolean; schema: string | null; threshold: string }>(
    'code.readDialect',
    `select lower('AIZ') = $1 as plain, (select extnamespace::regnamespace::text from pg_extension where extname = 'pg_trgm') as schema,
       coalesce(nullif(current_setting('pg_trgm.similarity_threshold', true), ''), '0.3') as threshold`,
    ['aiz'],
  )
  return {
    isPlain: row?.plain === true,
    trigramSchema: row?.schema ?? null,
    threshold: Number(row?.threshold),
  }
}

const pageNames = 20_000

/** In the order of their bytes; each page in a statement of its own, so that none is long. */
export async function* readNames(db: Database, repository: string): AsyncGenerator<string> {
  let after: string | null = null
  for (;;) {
    const [row]: { page: string | null; last: string | null; count: number }[] = await db.queryOnce(
      'code.readNames',
      `select json_agg(name order by name collate "C")::text as page, max(name collate "C") as last, count(*)::int as count from (
         select distinct name collate "C" as name from public.symbols
         where repository_id = $1 ${after === null ? '' : 'and name collate "C" > $3'} order by 1 limit $2) names`,
      after === null ? [repository, pageNames] : [repository, pageNames, after],
    )
    if (row === undefined || row.page === null) return
    yield row.page
    if (row.count < pageNames) return
    after = row.last
  }
}

/** Those that came since `lastId`, all at once. */
export async function* readNewNames(
  db: Database,
  repository: string,
  lastId: number,
): AsyncGenerator<string> {
  const [row] = await db.queryOnce<{ page: string | null }>(
    'code.readNewNames',
    `select json_agg(name order by name collate "C")::text as page from (
       select distinct name collate "C" as name from public.symbols where id > $2 and repository_id = $1) names`,
    [repository, lastId],
  )
  if (typeof row?.page === 'string') yield row.page
}

/** dataApi.listKeyTables, listForeignKeys and listViews: what relationships are built from. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface KeyTableRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** Number → name of the columns that belong to a key. */
  readonly names: Readonly<Record<string, string>>
  readonly primary_key: readonly string[] | null
}

export interface ForeignKeyRow {
  readonly constraint: string
  readonly from: number
  readonly to: number
  readonly columns: readonly (readonly [string, string])[]
  readonly is_unique: boolean
}

/** Relations of all schemas that have a key: a view may show a table that is not exposed. */
export function listKeyTables(): Statement {
  return sql`/* dataApi.listKeyTables */
with keyed as (
  select conrelid as oid, unnest(conkey) as attnum from pg_constraint where contype in ('p', 'f')
  union
  select confrelid, unnest(confkey) from pg_constraint where contype = 'f'
)
select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
  'names', json_object_agg(a.attnum, a.attname),
  'primary_key', (select json_agg(k.attname order by k.attname) from pg_constraint p
    join pg_attribute k on k.attrelid = p.conrelid and k.attnum = any(p.conkey)
    where p.conrelid = c.oid and p.contype = 'p'))
from keyed
join pg_class c on c.oid = keyed.oid
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = keyed.attnum
where n.nspname not in ('pg_catalog', 'information_schema')
group by c.oid, n.nspname, c.relname`
}

/** Of all schemas too. A partition's own copies of a key are left out. */
export function listForeignKeys(): Statement {
  return sql`/* dataApi.listForeignKeys */
with unique_keys as (
  select conrelid, (select array_agg(k order by k) from unnest(conkey) k) as columns
  from pg_constraint where contype in ('p', 'u')
), foreign_keys as (
  select f.conname, f.conrelid, f.confrelid,
    (select json_agg(json_build_array(a.attname, b.attname) order by k.at)
      from unnest(f.conkey, f.confkey) with ordinality as k(a, b, at)
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.a
      join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.b) as columns,
    exists (select from unique_keys u where u.conrelid = f.conrelid
      and u.columns = (select array_agg(k order by k) from unnest(f.conkey) k)) as is_unique
  from pg_constraint f where f.contype = 'f' and f.conparentid = 0
)
select json_build_object('constraint', conname, 'from', conrelid::bigint,
  'to', confrelid::bigint, 'columns', columns, 'is_unique', is_unique)
from foreign_keys order by conrelid, conname`
}

export interface ViewRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly names: Readonly<Record<string, string>>
  /** The stored query tree of the view's rule. */
  readonly tree: string
}

/** Views of the exposed schemas and of those on the extra search path, over which exposed views may stand. */
export function listViews(schemas: readonly string[]): Statement {
  return sql`/* dataApi.listViews */
select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
  'names', (select json_object_agg(a.attnum, a.attname) from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'tree', r.ev_action::text)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind in ('v', 'm') and n.nspname = any(${arrayLiteral(schemas)}::text[])`
}

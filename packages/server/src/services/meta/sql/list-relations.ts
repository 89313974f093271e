/** meta.listRelations: tables and views with their columns. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface ColumnRow {
  readonly name: string
  /** Of a domain the type it is made of. */
  readonly type: number
  readonly nullable: boolean
  readonly identity: 'always' | 'by default' | null
  /** A generated column has one too. */
  readonly has_default: boolean
  readonly updatable: boolean
}

export interface RelationRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'foreign table' | 'view' | 'materialized view'
  /** Rows can be inserted and updated through it. */
  readonly updatable: boolean
  readonly columns: readonly ColumnRow[]
}

export function listRelations(schemas: readonly string[]): Statement {
  return sql`/* meta.listRelations */
with recursive domain as (
  select oid, typbasetype as base from pg_type where typtype = 'd'
  union all
  select d.oid, t.typbasetype from domain d join pg_type t on t.oid = d.base where t.typtype = 'd'
), base_type as (
  select d.oid, d.base from domain d join pg_type t on t.oid = d.base where t.typtype <> 'd'
), shown_column as (
  select a.attrelid, json_agg(json_build_object(
    'name', a.attname,
    'type', coalesce(b.base, t.oid)::bigint,
    'nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'has_default', a.atthasdef,
    'updatable', c.relkind in ('r', 'p') or pg_column_is_updatable(c.oid, a.attnum, false))) as columns
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  left join base_type b on b.oid = t.oid
  where a.attnum > 0 and not a.attisdropped
  group by a.attrelid
)
select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
  'kind', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
  'updatable', case c.relkind when 'r' then true when 'p' then true when 'm' then false
    else (pg_relation_is_updatable(c.oid, false) & 20) = 20 end,
  'columns', coalesce(s.columns, '[]'))
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join shown_column s on s.attrelid = c.oid
where c.relkind in ('r', 'p', 'f', 'v', 'm') and n.nspname = any(${arrayLiteral(schemas)}::text[])`
}

/** dataApi.listRelations: tables and views of the exposed schemas with their columns. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface RelationRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly is_view: boolean
  readonly insertable: boolean
  readonly updatable: boolean
  readonly deletable: boolean
  readonly description: string | null
  readonly columns: readonly ColumnRow[]
}

export interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly base: string
  readonly nullable: boolean
  readonly default: string | null
  readonly max: number | null
  readonly enum: readonly string[] | null
  readonly description: string | null
}

/**
 * One JSON document a row. `pg_relation_is_updatable` is asked for views and foreign tables only: bits 3, 2 and 4 are
 * INSERT, UPDATE and DELETE.
 */
export function listRelations(schemas: readonly string[]): Statement {
  return sql`/* dataApi.listRelations */
with recursive domain_base(oid, base) as (
  select oid, typbasetype from pg_type where typtype = 'd'
  union all
  select d.oid, t.typbasetype from domain_base d join pg_type t on t.oid = d.base where t.typtype = 'd'
), base_type as (
  select d.oid, d.base from domain_base d join pg_type t on t.oid = d.base where t.typtype <> 'd'
), relation as (
  select c.oid, n.nspname, c.relname, c.relkind,
    case when c.relkind in ('r', 'p') then 28
      when c.relkind in ('v', 'f') then pg_relation_is_updatable(c.oid, true) else 0 end as writes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
    and n.nspname = any(${arrayLiteral(schemas)}::text[]) and not pg_is_other_temp_schema(n.oid)
), labels as (
  select enumtypid, json_agg(enumlabel order by enumsortorder) as labels from pg_enum group by enumtypid
), attribute as (
  select a.attrelid, json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'base', format_type(coalesce(b.base, a.atttypid), null),
      'nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
      'default', case
        when a.attidentity = 'd' then
          (select format('nextval(%L)', s.objid::regclass) from pg_depend s
            where s.classid = 'pg_class'::regclass and s.refclassid = 'pg_class'::regclass
              and s.refobjid = a.attrelid and s.refobjsubid = a.attnum and s.deptype = 'i' limit 1)
        when a.attgenerated <> '' or a.attidentity = 'a' then null
        when d.adbin is not null then pg_get_expr(d.adbin, d.adrelid)
        when t.typtype = 'd' then pg_get_expr(t.typdefaultbin, 0) end,
      'max', case when a.atttypmod > 4 and coalesce(b.base, a.atttypid) in (1042, 1043) then a.atttypmod - 4 end,
      'enum', l.labels,
      'description', col_description(a.attrelid, a.attnum)
    ) order by a.attnum) as columns
  from pg_attribute a
  join relation r on r.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  left join base_type b on b.oid = a.atttypid
  left join labels l on l.enumtypid = coalesce(b.base, a.atttypid)
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  group by a.attrelid
)
select json_build_object(
    'oid', r.oid::bigint, 'schema', r.nspname, 'name', r.relname, 'is_view', r.relkind in ('v', 'm'),
    'insertable', r.writes & 8 = 8, 'updatable', r.writes & 4 = 4, 'deletable', r.writes & 16 = 16,
    'description', obj_description(r.oid, 'pg_class'), 'columns', coalesce(a.columns, '[]'))
from relation r left join attribute a on a.attrelid = r.oid
order by r.nspname, r.relname`
}

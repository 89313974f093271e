/** studio.describeRelation: one relation by its oid, in one row; nothing of it evaluates what a project made. */
import type { Statement } from '#base/sql'

const columns = `
  select coalesce(json_agg(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
    'base_type', coalesce(element.typname, base.typname, t.typname),
    'is_array', coalesce(base.typcategory, t.typcategory) = 'A',
    'category', coalesce(base.typcategory, t.typcategory),
    'enum_values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e
      where e.enumtypid = coalesce(element.oid, base.oid, t.oid)),
    'nullable', not a.attnotnull,
    'default', case when a.attgenerated = '' then left(pg_get_expr(d.adbin, d.adrelid), 10000) end,
    'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
    'expression', case when a.attgenerated <> '' then left(pg_get_expr(d.adbin, d.adrelid), 10000) end,
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'comment', left(col_description(a.attrelid, a.attnum), 10000),
    'updatable', a.attgenerated = '' and a.attidentity <> 'a' and case
      when c.relkind in ('r', 'p', 'f') then true
      when c.relkind = 'v' then pg_column_is_updatable(c.oid, a.attnum, false) else false end
  ) order by a.attnum), '[]')
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  left join pg_type base on t.typtype = 'd' and base.oid = t.typbasetype
  left join pg_type element on element.oid = coalesce(base.typelem, t.typelem)
    and coalesce(base.typcategory, t.typcategory) = 'A'
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

const names = (relation: string, numbers: string): string =>
  `(select json_agg(a.attname order by place.at) from unnest(${numbers}) with ordinality as place(attnum, at)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = place.attnum)`

const action = (column: string): string =>
  `case ${column} when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade'
    when 'n' then 'set null' else 'set default' end`

const foreignKey = (where: string): string => `
  (select coalesce(json_agg(json_build_object('name', f.conname,
      'from_oid', f.conrelid::bigint, 'from_schema', fn.nspname, 'from_table', fc.relname,
      'columns', ${names('f.conrelid', 'f.conkey')},
      'to_oid', f.confrelid::bigint, 'to_schema', tn.nspname, 'to_table', tc.relname,
      'to_columns', ${names('f.confrelid', 'f.confkey')},
      'on_update', ${action('f.confupdtype')}, 'on_delete', ${action('f.confdeltype')}
    ) order by f.conname), '[]')
    from pg_constraint f
    join pg_class fc on fc.oid = f.conrelid join pg_namespace fn on fn.oid = fc.relnamespace
    join pg_class tc on tc.oid = f.confrelid join pg_namespace tn on tn.oid = tc.relnamespace
    where f.contype = 'f' and f.conparentid = 0 and ${where})`

/** The shortest unique index on columns that are never null, without a condition: what else tells rows apart. */
const key = `(select ${names('x.indrelid', 'x.indkey::smallint[]')}
  from pg_index x
  where x.indrelid = c.oid and x.indisunique and x.indisvalid and x.indpred is null and x.indexprs is null
    and x.indnkeyatts = x.indnatts
    and not exists (select from unnest(x.indkey::smallint[]) k join pg_attribute a
      on a.attrelid = x.indrelid and a.attnum = k where not a.attnotnull)
  order by x.indisprimary desc, x.indnatts, x.indexrelid limit 1)`

const constraints = (type: string, members: string): string => `
  (select coalesce(json_agg(json_build_object('name', k.conname, ${members}) order by k.conname), '[]')
    from pg_constraint k where k.conrelid = c.oid and k.contype = '${type}')`

const triggers = `(select coalesce(json_agg(json_build_object('name', t.tgname,
    'enabled', t.tgenabled <> 'D', 'definition', left(pg_get_triggerdef(t.oid), 10000),
    'function', tp.proname, 'function_schema', tpn.nspname) order by t.tgname), '[]')
  from pg_trigger t join pg_proc tp on tp.oid = t.tgfoid join pg_namespace tpn on tpn.oid = tp.pronamespace
  where t.tgrelid = c.oid and not t.tgisinternal)`

export const policiesOf = (
  relation: string,
): string => `(select coalesce(json_agg(json_build_object(
    'name', p.polname, 'permissive', p.polpermissive,
    'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE'
      when 'd' then 'DELETE' else 'ALL' end,
    'roles', (select coalesce(json_agg(coalesce(r.rolname, 'public') order by r.rolname), '[]')
      from unnest(p.polroles) o left join pg_roles r on r.oid = o),
    'using', left(pg_get_expr(p.polqual, p.polrelid), 100000),
    'check', left(pg_get_expr(p.polwithcheck, p.polrelid), 100000),
    'comment', left(obj_description(p.oid, 'pg_policy'), 10000)) order by p.polname), '[]')
  from pg_policy p where p.polrelid = ${relation})`

const grants = `(select coalesce(json_agg(json_build_object('role', role, 'privileges', privileges) order by role), '[]')
  from (select coalesce(r.rolname, 'public') as role, json_agg(g.privilege_type order by g.privilege_type) as privileges
    from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g left join pg_roles r on r.oid = g.grantee
    group by 1) granted)`

const indexes = `(select coalesce(json_agg(json_build_object('name', i.relname,
    'definition', pg_get_indexdef(x.indexrelid), 'unique', x.indisunique, 'primary', x.indisprimary,
    'valid', x.indisvalid, 'scans', coalesce(s.idx_scan, 0),
    'bytes', greatest(i.relpages, 0)::bigint * current_setting('block_size')::int) order by i.relname), '[]')
  from pg_index x join pg_class i on i.oid = x.indexrelid
  left join pg_stat_all_indexes s on s.indexrelid = x.indexrelid
  where x.indrelid = c.oid)`

const kind = `case c.relkind when 'r' then 'table' when 'p' then 'partitioned' when 'v' then 'view'
  when 'm' then 'materialized view' else 'foreign table' end`

export function describeRelation(oid: number): Statement {
  return {
    name: 'studio.describeRelation',
    text: `/* studio.describeRelation */
    select c.oid, n.nspname as schema, c.relname as name, ${kind} as kind, o.rolname as owner,
      c.relrowsecurity as rls_enabled, c.relforcerowsecurity as rls_forced,
      nullif(c.reltuples, -1)::bigint as estimated_rows,
      greatest(c.relpages, 0)::bigint * current_setting('block_size')::int as bytes,
      left(obj_description(c.oid, 'pg_class'), 10000) as comment,
      c.relkind in ('r', 'p') or c.relkind in ('v', 'f') and pg_relation_is_updatable(c.oid, false) & 28 = 28 as updatable,
      (select inhparent from pg_inherits where inhrelid = c.oid and c.relispartition) as partition_of,
      pg_get_partkeydef(c.oid) as partition_key,
      (${columns}) as columns,
      coalesce((select ${names('k.conrelid', 'k.conkey')} from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'p'), '[]') as primary_key,
      ${key} as key,
      ${constraints('u', `'columns', ${names('k.conrelid', 'k.conkey')}, 'definition', pg_get_constraintdef(k.oid)`)} as uniques,
      ${constraints('c', `'definition', pg_get_constraintdef(k.oid)`)} as checks,
      ${constraints('x', `'definition', pg_get_constraintdef(k.oid)`)} as exclusions,
      ${foreignKey('f.conrelid = c.oid')} as foreign_keys,
      ${foreignKey('f.confrelid = c.oid')} as referenced_by,
      ${indexes} as indexes, ${triggers} as triggers, ${policiesOf('c.oid')} as policies, ${grants} as grants,
      case when c.relkind in ('v', 'm') then left(pg_get_viewdef(c.oid), 500000) end as view_query
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
    where c.oid = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    values: [oid],
  }
}

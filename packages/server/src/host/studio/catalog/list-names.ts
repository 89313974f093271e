/** studio.listNames and studio.listDiagram: every name of a database for completion; tables with their keys for a drawing. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** A row a schema; `relations` and `functions` at most 5000 each. */
export const listNames: Statement = sql`/* studio.listNames */
  select n.nspname as schema,
    (select coalesce(json_agg(r), '[]') from (
      select c.relname as name, (select coalesce(json_agg(json_build_object(
          'name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum), '[]')
        from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
      from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
      order by c.relname limit 5000) r) as relations,
    (select coalesce(json_agg(f), '[]') from (
      select proname as name, left(pg_get_function_identity_arguments(oid), 1000) as arguments,
        left(pg_get_function_result(oid), 1000) as returns
      from pg_proc where pronamespace = n.oid and prokind in ('f', 'p', 'w', 'a')
        and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      order by proname limit 5000) f) as functions
  from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'basalt', 'basalt_rights')
  order by n.nspname <> 'public', n.nspname`

export function listDiagram(schema: string): Statement {
  return sql`/* studio.listDiagram */
    select c.oid, n.nspname as schema, c.relname as name,
      (select coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
          'nullable', not attnotnull,
          'primary', exists (select from pg_constraint where conrelid = c.oid and contype = 'p' and attnum = any (conkey))
        ) order by attnum), '[]')
        from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
      (select coalesce(json_agg(json_build_object('name', f.conname, 'to_oid', f.confrelid::bigint,
          'columns', (select json_agg(attname order by k.at) from unnest(f.conkey) with ordinality as k(attnum, at)
            join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum),
          'to_columns', (select json_agg(attname order by k.at) from unnest(f.confkey) with ordinality as k(attnum, at)
            join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum),
          'to_schema', tn.nspname, 'to_table', t.relname) order by f.conname), '[]')
        from pg_constraint f join pg_class t on t.oid = f.confrelid join pg_namespace tn on tn.oid = t.relnamespace
        where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0) as foreign_keys
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`
}

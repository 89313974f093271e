/** studio.listRelations: the relations of a database, or of one schema, with what a list shows of them. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** Sizes are as of the last VACUUM or ANALYZE: measuring the files would wait for whoever alters a table. */
export function listRelations(schema: string | null): Statement {
  return sql`/* studio.listRelations */
    with recursive relation as (
      select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and case when ${schema}::text is null
          then n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'basalt', 'basalt_rights')
          else n.nspname = ${schema}::text end
    ), part as (
      select oid as root, oid, relkind from relation where relkind = 'p'
      union all
      select part.root, c.oid, c.relkind from part
        join pg_inherits on inhparent = part.oid join pg_class c on c.oid = inhrelid
    ), storage as (
      select relation.oid as root, c.oid, c.reltoastrelid, c.relpages, c.reltuples
      from relation join pg_class c on c.oid = relation.oid where relation.relkind <> 'p'
      union all
      select part.root, c.oid, c.reltoastrelid, c.relpages, c.reltuples
      from part join pg_class c on c.oid = part.oid where part.relkind <> 'p'
    ), size as (
      select root, sum(greatest(relpages, 0) + coalesce((select relpages from pg_class t where t.oid = reltoastrelid), 0)
          + coalesce((select sum(greatest(i.relpages, 0)) from pg_index x join pg_class i on i.oid = x.indexrelid
              where x.indrelid in (storage.oid, storage.reltoastrelid)), 0)) as pages,
        sum(nullif(reltuples, -1)) as tuples
      from storage group by root
    )
    select r.oid, r.nspname as schema, r.relname as name,
      case r.relkind when 'r' then 'table' when 'p' then 'partitioned' when 'v' then 'view'
        when 'm' then 'materialized view' else 'foreign table' end as kind,
      (select inhparent from pg_inherits where inhrelid = r.oid and r.relispartition) as partition_of,
      r.relrowsecurity as rls_enabled, r.relforcerowsecurity as rls_forced,
      (select count(*)::int from pg_policy where polrelid = r.oid) as policies,
      case when r.relkind <> 'v' then size.tuples::bigint end as estimated_rows,
      coalesce(size.pages, 0)::bigint * current_setting('block_size')::int as bytes,
      left(obj_description(r.oid, 'pg_class'), 10000) as comment
    from relation r left join size on size.root = r.oid
    order by 2, 3`
}

export const listSchemas: Statement = sql`/* studio.listSchemas */
  select nspname as name from pg_namespace
  where nspname !~ '^pg_' and nspname not in ('information_schema', 'basalt', 'basalt_rights')
  order by nspname <> 'public', nspname`

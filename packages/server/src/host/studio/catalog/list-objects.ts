/** What else a database holds: functions, triggers, types, extensions, roles, publications, slots, indexes; read from the catalog. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

type OfSchema = (schema: string | null) => Statement

const ours = `('information_schema', 'basalt', 'basalt_rights')`

/** Without those of extensions. */
export const listFunctions: OfSchema = (schema) => ({
  name: 'studio.listFunctions',
  text: `/* studio.listFunctions */
    select p.oid, n.nspname as schema, p.proname as name, l.lanname as language,
      case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window' else 'function' end as kind,
      left(pg_get_function_identity_arguments(p.oid), 10000) as arguments,
      left(pg_get_function_result(p.oid), 1000) as returns,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
      p.prosecdef as security_definer, r.rolname as owner, coalesce(to_json(p.proconfig), '[]') as settings,
      (select coalesce(json_agg(coalesce(g.rolname, 'public') order by 1), '[]')
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles g on g.oid = a.grantee) as callable_by,
      case when p.prokind <> 'a' then left(pg_get_functiondef(p.oid), 100000) end as definition,
      left(obj_description(p.oid, 'pg_proc'), 10000) as comment
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
      join pg_roles r on r.oid = p.proowner
    where n.nspname !~ '^pg_' and n.nspname not in ${ours} and ($1::text is null or n.nspname = $1)
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    order by 2, 3, 6`,
  values: [schema],
})

export const listTriggers: OfSchema = (schema) => sql`/* studio.listTriggers */
  select n.nspname as schema, c.oid as table_oid, c.relname as table, t.tgname as name, t.tgenabled <> 'D' as enabled,
    fn.nspname as function_schema, f.proname as function, left(pg_get_triggerdef(t.oid), 10000) as definition
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
  where not t.tgisinternal and n.nspname <> 'basalt' and (${schema}::text is null or n.nspname = ${schema})
  order by 1, 3, 4`

export const listEnums: OfSchema = (schema) => sql`/* studio.listEnums */
  select n.nspname as schema, t.typname as name, json_agg(e.enumlabel order by e.enumsortorder) as values,
    left(obj_description(t.oid, 'pg_type'), 10000) as comment
  from pg_type t join pg_enum e on e.enumtypid = t.oid join pg_namespace n on n.oid = t.typnamespace
  where ${schema}::text is null or n.nspname = ${schema}
  group by n.nspname, t.oid, t.typname order by 1, 2`

export const listExtensions: OfSchema = () => sql`/* studio.listExtensions */
  select a.name, e.extversion as installed_version, a.default_version, n.nspname as schema, left(a.comment, 10000) as comment
  from pg_available_extensions a left join pg_extension e on e.extname = a.name
    left join pg_namespace n on n.oid = e.extnamespace
  order by e.extname is null, a.name`

export const listRoles: OfSchema = () => sql`/* studio.listRoles */
  select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as bypasses_rls, r.rolcanlogin as can_login,
    r.rolcreaterole as can_create_roles, r.rolcreatedb as can_create_databases, r.rolreplication as replication,
    r.rolinherit as inherits, nullif(r.rolconnlimit, -1) as connection_limit,
    (select count(*)::int from pg_stat_activity a where a.usesysid = r.oid) as connections,
    (select coalesce(json_agg(g.rolname order by g.rolname), '[]') from pg_auth_members m
      join pg_roles g on g.oid = m.roleid where m.member = r.oid) as member_of
  from pg_roles r where r.rolname !~ '^pg_' order by 1`

export const listPublications: OfSchema = () => sql`/* studio.listPublications */
  select p.pubname as name, p.puballtables as all_tables,
    json_build_array(p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate) as operations,
    (select coalesce(json_agg(t.schemaname || '.' || t.tablename order by t.schemaname, t.tablename), '[]')
      from pg_publication_tables t where t.pubname = p.pubname) as tables
  from pg_publication p order by 1`

/** Of a standby the position is what it has replayed. */
export const listSlots: OfSchema = () => sql`/* studio.listSlots */
  select s.slot_name as name, s.slot_type as type, s.plugin, s.active, s.temporary, s.wal_status,
    s.confirmed_flush_lsn::text as confirmed_lsn,
    greatest(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end,
      coalesce(s.confirmed_flush_lsn, s.restart_lsn)), 0)::bigint as lag_bytes,
    greatest(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end,
      s.restart_lsn), 0)::bigint as kept_bytes
  from pg_replication_slots s where s.database = current_database() or s.database is null order by 1`

export const listIndexes: OfSchema = (schema) => sql`/* studio.listIndexes */
  select n.nspname as schema, c.oid as table_oid, c.relname as table, i.relname as name, am.amname as method,
    x.indisunique as unique, x.indisprimary as primary, x.indisvalid as valid, coalesce(s.idx_scan, 0) as scans,
    greatest(i.relpages, 0)::bigint * current_setting('block_size')::int as bytes, pg_get_indexdef(x.indexrelid) as definition
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_am am on am.oid = i.relam
    left join pg_stat_all_indexes s on s.indexrelid = x.indexrelid
  where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'basalt')
    and (${schema}::text is null or n.nspname = ${schema})
  order by 1, 3, 4`

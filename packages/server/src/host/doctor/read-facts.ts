/** What the database says of itself, in two statements on the catalog. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface Facts {
  readonly version: string
  readonly version_num: number
  readonly now_ms: number
  readonly connections: number
  readonly max_connections: number
  readonly owner_superuser: boolean | null
  readonly oldest_xid: number
  readonly idle_in_transaction: number
  readonly oldest_query_s: number
  /** Sessions of others of which nothing is told. */
  readonly hidden_sessions: number
  readonly wal_level: string
  readonly unsafe: string[]
  readonly invalid_indexes: string[]
  /** With the version that the server has files of: `pgvector 0.7.0 → 0.8.0`. */
  readonly outdated_extensions: string[]
  readonly lagging_slots: string[]
  readonly unused_slots: string[]
  readonly lost_slots: string[]
}

/** Of what the API shows; at most 20 names each. */
export interface Rights {
  readonly open_tables: string[]
  readonly definers: string[]
  readonly owner_views: string[]
}

export const readFacts: Statement = sql`/* doctor.readFacts */
  select pg_catalog.current_setting('server_version') as version,
    pg_catalog.current_setting('server_version_num')::int as version_num,
    (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::float8 as now_ms,
    (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend') as connections,
    pg_catalog.current_setting('max_connections')::int as max_connections,
    (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') as owner_superuser,
    (select pg_catalog.age(datfrozenxid) from pg_catalog.pg_database where datname = pg_catalog.current_database()) as oldest_xid,
    (select count(*) from pg_catalog.pg_stat_activity
      where state = 'idle in transaction' and state_change < now() - interval '5 minutes') as idle_in_transaction,
    (select coalesce(extract(epoch from now() - min(query_start)), 0)::int from pg_catalog.pg_stat_activity
      where state = 'active' and datname = pg_catalog.current_database() and backend_type = 'client backend') as oldest_query_s,
    (select count(*) from pg_catalog.pg_stat_activity where query = '<insufficient privilege>') as hidden_sessions,
    pg_catalog.current_setting('wal_level') as wal_level,
    (select coalesce(array_agg(name::text), '{}') from pg_catalog.pg_settings
      where name in ('fsync', 'full_page_writes') and setting = 'off') as unsafe,
    (select coalesce(array_agg(pg_catalog.format('%s %s → %s', name, installed_version, default_version)), '{}') from (
      select name, installed_version, default_version from pg_catalog.pg_available_extensions
      where installed_version is not null and installed_version <> default_version order by 1 limit 20) as outdated) as outdated_extensions,
    (select coalesce(array_agg(indexrelid::regclass::text), '{}') from (
      select indexrelid from pg_catalog.pg_index where not indisvalid limit 20) as invalid) as invalid_indexes,
    (select coalesce(array_agg(slot_name::text), '{}') from (
      select slot_name from pg_catalog.pg_replication_slots
      where database = pg_catalog.current_database()
        and pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), coalesce(confirmed_flush_lsn, restart_lsn)) > 1073741824
      limit 20) as lagging) as lagging_slots,
    (select coalesce(array_agg(slot_name::text), '{}') from (
      select slot_name from pg_catalog.pg_replication_slots where not active limit 20) as unused) as unused_slots,
    (select coalesce(array_agg(slot_name::text), '{}') from (
      select slot_name from pg_catalog.pg_replication_slots where wal_status = 'lost' limit 20) as lost) as lost_slots`

/** `schemas` are those of the API. Roles that are not there have no rights. */
export function readRights(schemas: readonly string[]): Statement {
  const list = JSON.stringify(schemas)
  return sql`/* doctor.readRights */
    with exposed as (
      select oid, nspname from pg_catalog.pg_namespace
      where nspname in (select pg_catalog.json_array_elements_text(${list}::json))),
    callers as (select oid from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')),
    relations as (
      select c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relkind, c.relrowsecurity,
        exists (select from pg_catalog.unnest(c.reloptions) as option where option in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes')) as invoker
      from pg_catalog.pg_class c join exposed n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v')
        and not exists (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass and objid = c.oid and deptype = 'e')
        and exists (select from callers where pg_catalog.has_table_privilege(callers.oid, c.oid, 'select, insert, update, delete')))
    select
      (select coalesce(array_agg(name), '{}') from (
        select name from relations where relkind <> 'v' and not relrowsecurity order by 1 limit 20) as named) as open_tables,
      (select coalesce(array_agg(name), '{}') from (
        select name from relations where relkind = 'v' and not invoker order by 1 limit 20) as named) as owner_views,
      (select coalesce(array_agg(name), '{}') from (
        select distinct pg_catalog.format('%I.%I', n.nspname, p.proname) as name
        from pg_catalog.pg_proc p join exposed n on n.oid = p.pronamespace
        where p.prosecdef and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
          and not exists (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_proc'::regclass and objid = p.oid and deptype = 'e')
          and exists (select from callers where pg_catalog.has_function_privilege(callers.oid, p.oid, 'execute'))
        order by 1 limit 20) as named) as definers`
}

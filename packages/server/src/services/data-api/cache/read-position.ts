/** Where the log of the database is, and which transactions its snapshots show. */
import { decodeRows, systemSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'

export interface Position {
  /** The log is on disk up to here. */
  readonly flushed: bigint
  /** Positions of another timeline, of another server, or of before it was started (a copy of its files, restored) say nothing here. */
  readonly timeline: string
  /** Whether a snapshot shows what this transaction wrote; by the lower half of its number. */
  shows(xid: number): boolean
}

export async function readPosition({ apiDb }: Project): Promise<Position> {
  const [result] = await apiDb.transaction(
    systemSession,
    [
      sql`/* dataApi.readPosition */
        select (pg_catalog.pg_current_wal_flush_lsn() - '0/0')::text as flushed,
          pg_catalog.pg_current_snapshot()::text as snapshot,
          (select system_identifier::text from pg_catalog.pg_control_system()) || '/' ||
          (select timeline_id::text from pg_catalog.pg_control_checkpoint()) || '/' ||
          (select oid::text from pg_catalog.pg_database where datname = pg_catalog.current_database()) || '/' ||
          extract(epoch from pg_catalog.pg_postmaster_start_time())::text as timeline`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  const [found] = decodeRows<{ flushed: string; snapshot: string; timeline: string }>(
    result as Result,
  )
  // xmin:xmax:running,…
  const [, end = '0', running = ''] = (found?.snapshot ?? '').split(':')
  const lower = (xid: string): number => Number(BigInt.asUintN(32, BigInt(xid)))
  const last = lower(end)
  const open = new Set(running === '' ? [] : running.split(',').map(lower))
  return {
    flushed: BigInt(found?.flushed ?? 0),
    timeline: found?.timeline ?? '',
    // numbers begin anew behind 2^32: the nearer way round says which is older
    shows: (xid) => ((xid - last) | 0) < 0 && !open.has(xid),
  }
}

export interface Definitions {
  readonly rest: string
  /** Of the columns of each followed table. */
  readonly columns: Readonly<Record<string, string>>
}

/** A table that is followed since is no change. */
export function haveChanged(before: Definitions, after: Definitions): boolean {
  if (before.rest !== after.rest) return true
  const known = Object.entries(before.columns)
  return known.some(([table, version]) => after.columns[table] !== version)
}

/**
 * Of everything that decides what a statement shows and to whom; another one when any of it has changed. 3 ms for a
 * database of 3,000 functions. What belongs to the whole server (roles, their settings) raises no event in Postgres.
 * `followed` are tables that the publication should have.
 */
export async function readDefinitions(
  { apiDb }: Project,
  publication: string,
  followed: readonly number[],
): Promise<Definitions> {
  const list = JSON.stringify(followed)
  const [result] = await apiDb.transaction(
    systemSession,
    [
      sql`/* dataApi.readDefinitions */
        select concat_ws(' ',
          (select sum(xmin::text::bigint * (oid::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_policy),
          (select sum(xmin::text::bigint * (oid::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_class where relkind in ('r', 'v', 'p', 'm', 'f') and relpersistence <> 't'),
          (select sum(xmin::text::bigint * (oid::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_proc),
          (select sum(xmin::text::bigint * (oid::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_namespace where nspname !~ '^pg_'),
          (select sum(xmin::text::bigint * (ev_class::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_rewrite),
          (select sum(xmin::text::bigint * (attnum + 1)) || ':' || count(*) from pg_catalog.pg_attribute
            where attacl is not null or attrelid in (select oid from pg_catalog.pg_class where relkind = 'c')),
          (select sum(xmin::text::bigint * (enumtypid::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_enum),
          (select sum((oid::bigint % 1009 + 1) * (rolsuper::int + 2 * rolbypassrls::int + 4 * rolinherit::int)) from pg_catalog.pg_roles),
          (select sum(xmin::text::bigint * (member::bigint % 1009 + 1)) || ':' || count(*) from pg_catalog.pg_auth_members),
          (select sum(xmin::text::bigint) || ':' || count(*) from pg_catalog.pg_db_role_setting),
          (select count(*) from pg_catalog.json_array_elements_text(${list}::json) as followed
            where not exists (select from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid
              where p.pubname = ${publication} and r.prrelid = followed::oid))
        ) as rest,
        (select pg_catalog.json_object_agg(attrelid, version)::text from (
          select attrelid, sum(xmin::text::bigint * (attnum + 1))::text as version from pg_catalog.pg_attribute
          where attnum > 0 and attrelid in (select followed::oid from pg_catalog.json_array_elements_text(${list}::json) as followed)
          group by attrelid) as columns) as columns`,
    ],
    { lane: 'read', leaves: 'nothing' },
  )
  const [found] = decodeRows<{ rest: string; columns: string | null }>(result as Result)
  const columns = JSON.parse(found?.columns ?? '{}') as Definitions['columns']
  return { rest: found?.rest ?? '', columns }
}

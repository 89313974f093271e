/** The publication that the cache reads: the tables behind what it keeps. */
import { changingSession } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'

/**
 * Makes it where there is none, and adds tables by oid. `db` as the platform's own user. Tables that have lost their key
 * are taken out: nobody could update them any more.
 */
export function publishTables(
  db: Database,
  publication: string,
  tables: readonly number[],
): Promise<void> {
  return db.begin(changingSession, async (transaction) => {
    await transaction.script(
      'control.lockPublication',
      `set local lock_timeout = '2s'; select pg_catalog.pg_advisory_xact_lock(1650553964, 1885696620);`,
    )
    const changes = await transaction.rows<{ text: string }>(
      changesOf(publication, JSON.stringify(tables)),
    )
    for (const { text } of changes) await transaction.script('control.publishTables', text)
    await transaction.script('control.announceRights', announceRights(publication))
  })
}

/** Who may see what has changed: announced at once where we may make event triggers, else seen by looking. */
const announceRights = (publication: string) => `do $$
begin
  if exists (select from pg_catalog.pg_event_trigger where evtname = 'basalt_cache_watch') then return; end if;
  create or replace function extensions.basalt_cache_watch() returns event_trigger
    language plpgsql set search_path = '' as 'begin notify ${publication}; end';
  create event trigger basalt_cache_watch on ddl_command_end
    when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'GRANT', 'REVOKE', 'ALTER TABLE', 'CREATE VIEW', 'ALTER VIEW',
      'CREATE FUNCTION', 'ALTER FUNCTION', 'DROP FUNCTION', 'DROP VIEW', 'DROP TABLE', 'CREATE RULE')
    execute function extensions.basalt_cache_watch();
exception when insufficient_privilege or invalid_schema_name then null;
end $$`

const changesOf = (publication: string, tables: string) => sql`/* control.publicationChanges */
  with publication as (select oid from pg_catalog.pg_publication where pubname = ${publication}),
  published as (select prrelid as oid from pg_catalog.pg_publication_rel where prpubid = (select oid from publication)),
  keyless as (
    select c.oid from pg_catalog.pg_class c join published using (oid)
    where not case relreplident when 'f' then true
      when 'd' then exists (select from pg_catalog.pg_index where indrelid = c.oid and indisprimary)
      when 'i' then exists (select from pg_catalog.pg_index where indrelid = c.oid and indisreplident)
      else false end),
  wanted as (
    select wanted::oid as oid from pg_catalog.json_array_elements_text(${tables}::json) as wanted
    join pg_catalog.pg_class c on c.oid = wanted::oid)
  select text from (
    select 1 as step, pg_catalog.format('create publication %I with (publish_via_partition_root = true)', ${publication}::text) as text
      where not exists (select from publication)
    union all
    select 2, pg_catalog.format('alter publication %I drop table only %s', ${publication}::text, oid::pg_catalog.regclass) from keyless
    union all
    select 3, pg_catalog.format('alter publication %I add table only %s', ${publication}::text, oid::pg_catalog.regclass) from wanted
      where oid not in (select oid from published)
  ) as changes order by step`

/** What a database holds, by name, each with what may change about it: for telling two moments apart. */
import type { Transaction } from '#base/db'
import { sql } from '#base/sql'

/** `column auth.users.email` → its type and the like. What belongs to extensions is left out. */
export async function listObjects(transaction: Transaction): Promise<Map<string, string>> {
  const rows = await transaction.rows<{ name: string; state: string | null }>(readObjects)
  return new Map(rows.map(({ name, state }) => [name, state ?? '']))
}

const readObjects = sql`/* control.listObjects */
  with spaces as (
    select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  ), members as (
    select classid, objid from pg_depend where deptype = 'e'
  )
  select 'role ' || rolname as name,
    concat_ws(' ', rolcanlogin, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,
      (select string_agg(roleid::regrole::text, ',' order by roleid) from pg_auth_members where member = pg_roles.oid),
      rolconfig) as state
  from pg_roles where rolname !~ '^pg_'
  union all select 'schema ' || nspname, (select nspacl::text from pg_namespace where oid = spaces.oid) from spaces
  union all select 'extension ' || extname, extversion from pg_extension
  union all
  select case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end
    || ' ' || nspname || '.' || relname, concat_ws(' ', relrowsecurity, relacl)
  from pg_class join spaces on spaces.oid = relnamespace
  where relkind in ('r', 'p', 'v', 'm', 'S') and (('pg_class'::regclass, pg_class.oid) not in (table members))
  union all
  select 'column ' || nspname || '.' || relname || '.' || attname,
    format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
  from pg_attribute join pg_class on pg_class.oid = attrelid join spaces on spaces.oid = relnamespace
  where relkind in ('r', 'p') and attnum > 0 and not attisdropped
    and (('pg_class'::regclass, pg_class.oid) not in (table members))
  union all
  select 'constraint ' || conrelid::regclass || ' ' || conname, pg_get_constraintdef(pg_constraint.oid)
  from pg_constraint join spaces on spaces.oid = connamespace where contype <> 'n' and conrelid <> 0
  union all
  select 'index ' || indrelid::regclass || ' ' || relname, pg_get_indexdef(indexrelid)
  from pg_index join pg_class on pg_class.oid = indexrelid join spaces on spaces.oid = relnamespace
  union all
  select 'function ' || pg_proc.oid::regprocedure, concat_ws(' ', md5(prosrc), proacl)
  from pg_proc join spaces on spaces.oid = pronamespace
  where (('pg_proc'::regclass, pg_proc.oid) not in (table members))
  union all
  select 'value ' || enumtypid::regtype || ' ' || enumlabel, null
  from pg_enum join pg_type on pg_type.oid = enumtypid join spaces on spaces.oid = typnamespace
  union all select 'publication ' || pubname, pubowner::regrole::text from pg_publication
  union all select 'event trigger ' || evtname, evtenabled::text from pg_event_trigger
  union all select 'policy ' || polname || ' on ' || polrelid::regclass, null from pg_policy
  order by 1`

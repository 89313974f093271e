/** dataApi.listLeavings: the project's functions that can leave something in a session, and what calls them unasked. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface LeavingsRow {
  /** Objects of pg_proc. */
  readonly routines: readonly number[]
  /** A policy, a view, a computed column, a cast or an aggregate leads to one: any read may. */
  readonly reads: boolean
  /** …or a trigger, a default, a constraint, an index: any write may. */
  readonly writes: boolean
  /** Also the connection's prepared statements are in reach. */
  readonly prepared: boolean
}

/**
 * By their text: functions that call what outlives a transaction (`set_config(…, false)`, session locks), volatile ones
 * that may run a utility statement which does (others are refused them by Postgres), those in other languages, and all that
 * name one of these. Too many to compare count as all. What only looks like it pays a few µs (see db's resetBehind);
 * extensions are trusted. What the platform has in `realtime` and `storage` is called by its full name only: names like
 * `cast` and `send` are in many texts. 3 ms without such functions, 60 ms more for 10,000 functions of 1 kB.
 */
export function listLeavings(): Statement {
  return sql`/* dataApi.listLeavings */
with recursive outliving as materialized (
  select ':funcid (' || string_agg(oid::text, '|') || ') ' as pattern from pg_proc
  where pronamespace = 'pg_catalog'::regnamespace
    and (proname in ('set_config', 'setseed') or proname ~ '^pg_(try_)?advisory_lock')
), own as materialized (
  select p.oid, n.nspname in ('realtime', 'storage') as is_platform,
    case when n.nspname in ('realtime', 'storage') then n.nspname || '.' else '' end || p.proname as proname, p.provolatile = 'v' as is_volatile, p.prorettype, p.proargtypes, l.lanname,
    regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
      'set_config\\s*\\([^;]*?,\\s*true\\s*\\)', '', 'gi') as source
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace and n.nspname not in ('pg_catalog', 'information_schema')
  join pg_language l on l.oid = p.prolang and l.lanname not in ('c', 'internal')
  where not exists (select from pg_depend d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
), suspect as materialized (
  select oid, proname, lanname, source, is_volatile, is_platform, source ~*
      '\\m(set_config|setseed|dblink\\w*|pg_(try_)?advisory_lock\\w*)\\M' as outlives
  from own
  where lanname not in ('sql', 'plpgsql')
    or source ~* '\\m(set_config|setseed|dblink\\w*|pg_(try_)?advisory_lock\\w*)\\M'
    or is_volatile and source ~*
      '(\\m(execute|prepare|deallocate|discard|listen|reset|temp|temporary|load)\\M|with\\s+hold|(^|;|\\m(begin|then|else|loop)\\M)\\s*set\\s)'
), too_many as materialized (
  select (select count(*) from own) * (select count(*) from suspect) > 2000000 as yes
), leaving (oid, proname) as (
  select oid, proname from suspect
  union
  select o.oid, o.proname from own o, leaving l
  where not (select yes from too_many) and strpos(o.source, l.proname) > 0
), reached as materialized (
  select d.classid from pg_depend d
  where d.refclassid = 'pg_proc'::regclass and d.refobjid in (select oid from leaving)
)
select json_build_object(
  'routines', (select coalesce(json_agg(oid::bigint), '[]') from (
    select oid from own where not is_platform and (oid in (select oid from leaving) or (select yes from too_many))) all_of),
  'reads', (select yes from too_many)
    or exists (select from reached where classid in ('pg_policy'::regclass, 'pg_rewrite'::regclass,
      'pg_cast'::regclass, 'pg_proc'::regclass))
    or exists (select from own o join leaving using (oid), unnest(o.proargtypes::oid[]) argument
      join pg_type t on t.oid = argument where t.typtype = 'c')
    or exists (select from pg_policy, outliving where polqual::text ~ pattern or polwithcheck::text ~ pattern)
    or exists (select from pg_rewrite r join pg_class c on c.oid = r.ev_class
      join pg_namespace n on n.oid = c.relnamespace and n.nspname not in ('pg_catalog', 'information_schema'), outliving
      where ev_action::text ~ pattern),
  'writes', (select yes from too_many)
    or exists (select from own o join leaving using (oid)
      where o.prorettype in ('trigger'::regtype, 'event_trigger'::regtype))
    or exists (select from reached where classid in ('pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_class'::regclass))
    or exists (select from pg_attrdef, outliving where adbin::text ~ pattern)
    or exists (select from pg_constraint, outliving where conbin::text ~ pattern)
    or exists (select from pg_trigger, outliving where tgqual::text ~ pattern),
  'prepared', exists (select from suspect where not is_platform and (lanname not in ('sql', 'plpgsql')
    or source ~* '\\m(prepare|deallocate|discard)\\M'))
)`
}

/** What the database has by some names: relations with their definitions and policies, functions with their sources. */
import { decodeRows, systemSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NamedRelation {
  readonly oid: number
  /** The partitioned table it is a part of, or itself. */
  readonly root: number
  readonly name: string
  readonly kind: 'table' | 'view' | 'other'
  /** Of a view, and of all policies of its reads. */
  readonly source: string
  /** Why its changes do not stand in the log as such. */
  readonly refusal: string | null
}

export interface NamedFunction {
  readonly oid: number
  readonly name: string
  readonly source: string
  readonly isDynamic: boolean
  readonly refusal: string | null
}

export interface NamedObjects {
  readonly relations: readonly NamedRelation[]
  readonly functions: readonly NamedFunction[]
}

export interface Asked {
  readonly names: readonly string[]
  /** Those of definitions: what belongs to Postgres and may not be kept is looked for among them. */
  readonly defining: readonly string[]
  /** The schema need not be among the names: it is found on a search path. */
  readonly inAnySchema: boolean
}

export async function findNamed(
  { apiDb }: Project,
  { names, defining, inAnySchema }: Asked,
): Promise<NamedObjects> {
  const asked = {
    list: JSON.stringify(names),
    ofSystem: JSON.stringify(defining),
    inAnySchema,
  }
  const [relations, functions] = await apiDb.transaction(
    systemSession,
    [relationsNamed(asked), functionsNamed(asked)],
    { lane: 'read', leaves: 'nothing' },
  )
  return {
    relations: decodeRows<NamedRelation>(relations as Result),
    functions: decodeRows<NamedFunction>(functions as Result),
  }
}

interface Listed {
  readonly list: string
  readonly ofSystem: string
  readonly inAnySchema: boolean
}

/** On nobody's search path unless he says so, which is a name too. */
const ofPlatform =
  '{auth,storage,realtime,_realtime,basalt,vault,net,cron,pgmq,graphql,graphql_public,supabase_functions,supabase_migrations}'

function relationsNamed({ list, ofSystem, inAnySchema }: Listed): Statement {
  return sql`/* dataApi.relationsNamed */
    select c.oid, coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as root,
      n.nspname || '.' || c.relname as name,
      case when c.relkind in ('r', 'p') then 'table' when c.relkind = 'v' then 'view' else 'other' end as kind,
      concat_ws(' ', case when c.relkind = 'v' then pg_catalog.pg_get_viewdef(c.oid) end,
        (select string_agg(pg_catalog.pg_get_expr(polqual, polrelid), ' ') from pg_catalog.pg_policy
          where polrelid = c.oid and polcmd in ('r', '*'))) as source,
      case when n.nspname = 'pg_catalog' then 'it is a catalog of Postgres'
        when exists (select from pg_catalog.pg_depend d join pg_catalog.pg_operator o on o.oid = d.refobjid
          where d.refclassid = 'pg_catalog.pg_operator'::regclass
            and (d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid in (select r.oid from pg_catalog.pg_rewrite r where r.ev_class = c.oid)
              or d.classid = 'pg_catalog.pg_policy'::regclass and d.objid in (select p.oid from pg_catalog.pg_policy p where p.polrelid = c.oid))
            and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_operator'::regclass and e.objid = o.oid and e.deptype = 'e'))
          then 'it uses an operator of the project'
        when c.relkind not in ('r', 'p', 'v') then 'it is no table and no view'
        when c.relkind = 'v' then null
        when c.relpersistence <> 'p' then 'it is not in the log of changes'
        when c.relkind = 'p' and exists (select from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class part on part.oid = t.relid
            where part.relpersistence <> 'p' or part.relkind = 'f') then 'a part of it is not in the log of changes'
        when c.relkind = 'r' and c.relhassubclass then 'other tables inherit from it'
        when c.relreplident = 'f' then null
        when c.relreplident = 'd' and exists (select from pg_catalog.pg_index where indrelid = c.oid and indisprimary) then null
        when c.relreplident = 'i' and exists (select from pg_catalog.pg_index where indrelid = c.oid and indisreplident) then null
        else 'it has no primary key' end as refusal
    from pg_catalog.json_array_elements_text(${list}::json) as wanted
    join pg_catalog.pg_class c on c.relname = wanted
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't'
      and n.nspname not in ('information_schema', 'pg_toast')
      and case when n.nspname = 'pg_catalog' then c.relname in (select pg_catalog.json_array_elements_text(${ofSystem}::json))
        else ${inAnySchema}::boolean and n.nspname <> all (${ofPlatform}::text[]) or n.nspname in (select pg_catalog.json_array_elements_text(${list}::json)) end`
}

function functionsNamed({ list, ofSystem, inAnySchema }: Listed): Statement {
  return sql`/* dataApi.functionsNamed */
    select p.oid, n.nspname || '.' || p.proname as name, l.lanname = 'plpgsql' as "isDynamic",
      case when l.lanname in ('sql', 'plpgsql') and p.prokind in ('f', 'w') then pg_catalog.pg_get_functiondef(p.oid) else '' end as source,
      case when n.nspname = 'pg_catalog' or e.objid is not null then 'it calls ' || p.proname || ', which is volatile'
        when l.lanname not in ('sql', 'plpgsql') or p.prokind not in ('f', 'w') then 'it is written in ' || l.lanname
      end as refusal
    from pg_catalog.json_array_elements_text(${list}::json) as wanted
    join pg_catalog.pg_proc p on p.proname = wanted
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
    left join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'
    where p.prokind in ('f', 'w', 'a') and (e.objid is null or p.provolatile = 'v')
      and case when n.nspname = 'pg_catalog'
        then p.provolatile = 'v' and p.proname in (select pg_catalog.json_array_elements_text(${ofSystem}::json))
        else ${inAnySchema}::boolean and n.nspname <> all (${ofPlatform}::text[]) or n.nspname in (select pg_catalog.json_array_elements_text(${list}::json)) end`
}

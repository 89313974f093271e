/** dataApi.listRoutines and what else is made of functions: computed relationships, representations, media handlers. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface RoutineRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly description: string | null
  readonly arguments: readonly {
    readonly name: string
    readonly type: string
    readonly unbounded: string
    readonly required: boolean
    readonly variadic: boolean
  }[]
  readonly type_schema: string
  readonly type_name: string
  readonly is_set: boolean
  readonly is_composite: boolean
  readonly volatility: 'i' | 's' | 'v'
  readonly config: readonly string[] | null
}

/**
 * Functions that can be called over HTTP: every argument has a name, or there is one unnamed argument of a type that a
 * body can be. `bit` and `character` without a length would cut values off, so their varying forms take the values.
 */
export function listRoutines(schemas: readonly string[]): Statement {
  return sql`/* dataApi.listRoutines */
with recursive base_type(oid, base) as (
  select oid, oid from pg_type
  union all
  select b.oid, t.typbasetype from base_type b join pg_type t on t.oid = b.base where t.typtype = 'd'
), routine as (
  select p.*, n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
    and n.nspname = any(${arrayLiteral(schemas)}::text[])
), input as (
  select p.oid, coalesce(p.proargnames[a.at], '') as name, a.type,
    coalesce(p.proargmodes[a.at] = 'v', false) as is_variadic,
    row_number() over (partition by p.oid order by a.at) <= p.pronargs - p.pronargdefaults as required, a.at
  from routine p,
    unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a(type, at)
  where coalesce(p.proargmodes[a.at], 'i') in ('i', 'b', 'v')
), arguments as (
  select oid, count(*) as total, count(*) filter (where name = '') as unnamed,
    bool_and(type in ('bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype)) as is_body,
    json_agg(json_build_object('name', name, 'type', type::regtype::text, 'unbounded',
      case type when 'bit'::regtype then 'bit varying' when 'bit[]'::regtype then 'bit varying[]'
        when 'character'::regtype then 'character varying' when 'character[]'::regtype then 'character varying[]'
        else type::regtype::text end,
      'required', required, 'variadic', is_variadic) order by at) as list
  from input group by oid
)
select json_build_object(
    'oid', p.oid::bigint, 'schema', p.nspname, 'name', p.proname, 'description', obj_description(p.oid, 'pg_proc'),
    'arguments', coalesce(a.list, '[]'),
    'type_schema', tn.nspname, 'type_name', coalesce(c.relname, t.typname), 'is_set', p.proretset,
    'is_composite', t.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false),
    'volatility', p.provolatile, 'config', p.proconfig)
from routine p
left join arguments a on a.oid = p.oid
join base_type b on b.oid = p.prorettype
join pg_type t on t.oid = b.base and t.typtype <> 'd'
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where coalesce(a.unnamed, 0) = 0 or (a.total = 1 and a.is_body)
order by p.nspname, p.proname, p.pronargs, p.oid`
}

export interface ComputedRow {
  readonly schema: string
  readonly name: string
  readonly from_schema: string
  readonly from_name: string
  readonly to_schema: string
  readonly to_name: string
  readonly to_one: boolean
}

/** Functions from a row of one relation to rows of a relation. */
export function listComputedRelationships(schemas: readonly string[]): Statement {
  return sql`/* dataApi.listComputedRelationships */
select json_build_object('schema', n.nspname, 'name', p.proname,
  'from_schema', fn.nspname, 'from_name', f.relname, 'to_schema', tn.nspname, 'to_name', t.relname,
  'to_one', not p.proretset or p.prorows = 1)
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_class f on f.reltype = p.proargtypes[0]
join pg_namespace fn on fn.oid = f.relnamespace
join pg_class t on t.reltype = p.prorettype
join pg_namespace tn on tn.oid = t.relnamespace
where p.pronargs = 1 and n.nspname = any(${arrayLiteral(schemas)}::text[])
  and f.relkind in ('r', 'v', 'm', 'f', 'p') and t.relkind in ('r', 'v', 'm', 'f', 'p')`
}

/** Implicit casts by function between a domain and json or text. */
export function listRepresentations(): Statement {
  return sql`/* dataApi.listRepresentations */
select json_build_object('source', c.castsource::regtype::text,
  'target', c.casttarget::regtype::text, 'via', c.castfunc::regproc::text)
from pg_cast c
join pg_type s on s.oid = c.castsource
join pg_type t on t.oid = c.casttarget
where c.castcontext = 'i' and c.castmethod = 'f' and has_function_privilege(c.castfunc, 'execute')
  and (s.typtype = 'd' and c.casttarget in ('json'::regtype, 'text'::regtype)
    or t.typtype = 'd' and c.castsource in ('json'::regtype, 'text'::regtype))`
}

export interface MediaHandlerRow {
  readonly schema: string
  readonly name: string
  /** Null for any row. */
  readonly target_schema: string | null
  readonly target_name: string | null
  readonly accepts: string
  readonly is_bytes: boolean
}

/**
 * Domains named like a media type make a handler of each aggregate over rows that returns one, and of each function that
 * returns one itself (its result is then only cast to the domain).
 */
export function listMediaHandlers(schemas: readonly string[]): Statement {
  return sql`/* dataApi.listMediaHandlers */
with media as (
  select t.oid, t.typname, n.nspname, t.typbasetype = 'bytea'::regtype as is_bytes
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'd' and (t.typname = '*/*' or t.typname ~ '^[A-Za-z0-9.-]+/[A-Za-z0-9.+-]+$')
), handler as (
  select n.nspname as schema, p.proname as name, fn.nspname as target_schema, f.relname as target_name, m.*
  from media m
  join pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
  join pg_namespace n on n.oid = p.pronamespace
  left join pg_class f on f.reltype = p.proargtypes[0] and f.relkind in ('r', 'v', 'm', 'f', 'p')
  left join pg_namespace fn on fn.oid = f.relnamespace
  where n.nspname = any(${arrayLiteral(schemas)}::text[])
    and (f.oid is not null or p.proargtypes[0] = 'anyelement'::regtype)
  union all
  select m.nspname, m.typname, n.nspname, p.proname, m.*
  from media m
  join pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
  join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any(${arrayLiteral(schemas)}::text[])
)
select json_build_object('schema', schema, 'name', name, 'target_schema', target_schema,
  'target_name', target_name, 'accepts', lower(typname), 'is_bytes', is_bytes)
from handler`
}

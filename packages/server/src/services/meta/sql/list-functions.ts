/** meta.listFunctions: functions that can be called, triggers not among them. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface ArgumentRow {
  readonly name: string
  readonly type: number
  readonly mode: 'in' | 'out' | 'inout' | 'variadic' | 'table'
  readonly has_default: boolean
}

export interface FunctionRow {
  readonly schema: string
  readonly name: string
  readonly arguments: readonly ArgumentRow[]
  readonly returns: number
  readonly returns_set: boolean
  /** The planner's guess; null when it returns no set. */
  readonly rows: number | null
  /** As declared, for a stable order. */
  readonly signature: string
  readonly result: string
}

export function listFunctions(schemas: readonly string[]): Statement {
  return sql`/* meta.listFunctions */
with argument as (
  select p.oid, a.at, a.type, coalesce(p.proargnames[a.at], '') as name, coalesce(p.proargmodes[a.at], 'i') as mode,
    count(*) filter (where coalesce(p.proargmodes[a.at], 'i') in ('i', 'b', 'v'))
      over (partition by p.oid order by a.at) > p.pronargs - p.pronargdefaults as is_late
  from pg_proc p,
    unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a(type, at)
)
select json_build_object('schema', n.nspname, 'name', p.proname,
  'arguments', coalesce((select json_agg(json_build_object('name', a.name, 'type', a.type::bigint,
      'mode', case a.mode when 'o' then 'out' when 'b' then 'inout' when 'v' then 'variadic' when 't' then 'table' else 'in' end,
      'has_default', a.is_late and a.mode in ('i', 'b', 'v')) order by a.at)
    from argument a where a.oid = p.oid), '[]'),
  'returns', p.prorettype::bigint, 'returns_set', p.proretset,
  'rows', case when p.proretset then nullif(p.prorows, 0) end,
  'signature', pg_get_function_arguments(p.oid), 'result', pg_get_function_result(p.oid))
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.prokind = 'f' and n.nspname = any(${arrayLiteral(schemas)}::text[])
  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)`
}

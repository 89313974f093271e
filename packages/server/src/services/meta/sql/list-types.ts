/** meta.listTypes: every type, as what columns and arguments are made of. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface TypeRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** Of an array the type of its elements, else null. */
  readonly element: number | null
  /** Of an enum its labels in order, else null. */
  readonly labels: readonly string[] | null
  /** Of a composite type its attributes, else null. */
  readonly attributes: readonly { readonly name: string; readonly type: number }[] | null
  /** Of a row its table, view or composite type, else null. */
  readonly relation: number | null
}

export function listTypes(): Statement {
  return sql`/* meta.listTypes */
select json_build_object('oid', t.oid::bigint, 'schema', n.nspname, 'name', t.typname,
  'element', case when t.typcategory = 'A' then nullif(t.typelem, 0)::bigint end,
  'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
  'attributes', case when c.relkind = 'c' then (
    select json_agg(json_build_object('name', a.attname, 'type', a.atttypid::bigint) order by a.attnum)
    from pg_attribute a where a.attrelid = c.oid and not a.attisdropped) end,
  'relation', case when c.relkind in ('c', 'r', 'p', 'v', 'm', 'f') then c.oid::bigint end)
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where c.relkind is distinct from 'i' and c.relkind is distinct from 'S'`
}

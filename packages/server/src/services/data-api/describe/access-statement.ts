/** dataApi.listAccessible: what of a schema the current role may use. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface Accessible {
  readonly relations: readonly string[]
  readonly routines: readonly string[]
  /** The schema's comment. */
  readonly comment: string | null
}

/** Run as the caller: privileges on any column count, as one of them is enough for a request. */
export function listAccessible(schema: string): Statement {
  return sql`/* dataApi.listAccessible */
select json_build_object(
  'relations', (select coalesce(json_agg(c.relname), '[]') from pg_class c
    where c.relnamespace = n.oid and c.relkind in ('r', 'v', 'm', 'f', 'p')
      and (has_table_privilege(c.oid, 'select, insert, update, delete')
        or has_any_column_privilege(c.oid, 'select, insert, update'))),
  'routines', (select coalesce(json_agg(distinct p.proname), '[]') from pg_proc p
    where p.pronamespace = n.oid and has_function_privilege(p.oid, 'execute')),
  'comment', obj_description(n.oid, 'pg_namespace'))
from pg_namespace n where n.nspname = ${schema}`
}

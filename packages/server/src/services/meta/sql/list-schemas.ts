/** meta.listSchemas: the schemas there are, without those of the system. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** Those of `included` (all, when that is empty) that exist and are not in `excluded`. */
export function listSchemas(included: readonly string[], excluded: readonly string[]): Statement {
  return sql`/* meta.listSchemas */
select to_json(nspname) from pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
  and (nspname = any(${arrayLiteral(included)}::text[]) or ${arrayLiteral(included)}::text[] = '{}')
  and nspname <> all(${arrayLiteral(excluded)}::text[])`
}

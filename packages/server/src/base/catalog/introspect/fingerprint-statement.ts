/** dataApi.readFingerprint: a number that changes when a relation, a key or a function does. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

/**
 * Row versions of the catalogs that names are looked up in: a change of a table's columns, rights or view text writes
 * its pg_class row anew. 1–3 ms, so that a request for something unknown can ask whether a reload would help.
 */
export function readFingerprint(schemas: readonly string[]): Statement {
  const exposed = arrayLiteral(schemas)
  return sql`/* dataApi.readFingerprint */
select coalesce(bit_xor(hashint8extended(oid::bigint << 32 | xmin::text::bigint, kind)), 0)::text
from (
  select 1 as kind, c.oid, c.xmin from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(${exposed}::text[])
  union all
  select 2, p.oid, p.xmin from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any(${exposed}::text[])
  union all
  select 3, oid, xmin from pg_constraint where contype in ('p', 'u', 'f')
  union all
  select 4, oid, xmin from pg_namespace
) versions(kind, oid, xmin)`
}

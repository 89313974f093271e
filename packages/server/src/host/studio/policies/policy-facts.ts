/** What a role may do with a relation before any row is looked at, and which policies are asked. */
import { describeRelation } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import type { Transaction } from '#base/db'
import { sql } from '#base/sql'
import { policiesErrors } from './errors.ts'
import type { Operation, PolicyQuestion } from './question.ts'

export interface Facts {
  readonly schema_usage: boolean
  readonly granted: 'table' | 'columns' | 'none'
  readonly rls_enabled: boolean
  readonly rls_forced: boolean
  readonly is_owner: boolean
  readonly bypasses: boolean
  /** Names of the policies for this role, whatever they are for. */
  readonly policies: readonly string[]
}

/** @throws studio_explain_invalid */
export async function findRelation(
  transaction: Transaction,
  { relation }: PolicyQuestion,
): Promise<Relation> {
  const [found] =
    typeof relation === 'number'
      ? [{ oid: relation }]
      : await transaction.rows<{ oid: number }>(sql`/* studio.findRelation */
          select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          where n.nspname = ${relation.schema} and c.relname = ${relation.name}`)
  // names in full, whatever the search path is that functions of the project need
  const [before] = await transaction.rows<{ path: string }>(
    sql`/* studio.readPath */ select pg_catalog.current_setting('search_path') as path`,
  )
  const setPath = (path: string) =>
    transaction.rows(
      sql`/* studio.setPath */ select pg_catalog.set_config('search_path', ${path}, true)`,
    )
  await setPath('')
  const [described] = await transaction.rows<Relation>(describeRelation(found?.oid ?? 0))
  await setPath(before?.path ?? '')
  if (described === undefined)
    throw policiesErrors.studio_explain_invalid({ reason: 'there is no such table' })
  if (described.kind !== 'table' && described.kind !== 'partitioned')
    throw policiesErrors.studio_explain_invalid({
      reason: `a ${described.kind} has no policies; those of its tables are asked for its owner, or for the caller where it is security_invoker`,
    })
  return described
}

export async function readFacts(
  transaction: Transaction,
  { oid }: Relation,
  role: string,
  operation: Operation,
): Promise<Facts> {
  const [facts] = await transaction.rows<Facts>(sql`/* studio.readFacts */
    select has_schema_privilege(r.oid, c.relnamespace, 'USAGE') as schema_usage,
      case when has_table_privilege(r.oid, c.oid, ${operation}) then 'table'
        when ${operation} <> 'delete' and has_any_column_privilege(r.oid, c.oid, replace(${operation}, 'delete', 'select')) then 'columns'
        else 'none' end as granted,
      c.relrowsecurity as rls_enabled, c.relforcerowsecurity as rls_forced,
      pg_has_role(r.oid, c.relowner, 'USAGE') as is_owner, r.rolbypassrls or r.rolsuper as bypasses,
      (select coalesce(json_agg(p.polname), '[]') from pg_policy p where p.polrelid = c.oid
        and exists (select from unnest(p.polroles) o where o = 0 or pg_has_role(r.oid, o, 'USAGE'))) as policies
    from pg_class c, pg_roles r where c.oid = ${oid} and r.rolname = ${role}`)
  if (facts === undefined)
    throw policiesErrors.studio_explain_invalid({ reason: `there is no role ${role}` })
  return facts
}

/** Whether policies are asked at all. */
export function isAsked({
  rls_enabled: on,
  rls_forced: forced,
  is_owner: owner,
  bypasses,
}: Facts): boolean {
  return on && !bypasses && (forced || !owner)
}

/** Why not, or why nothing more is looked at; null where policies decide. */
export function reasonBefore(facts: Facts, role: string, operation: Operation): string | null {
  const word = operation.toUpperCase()
  if (!facts.schema_usage) return `${role} has no USAGE on the schema`
  if (facts.granted === 'none') return `${role} has no ${word} on the table`
  if (isAsked(facts)) return null
  if (!facts.rls_enabled) return 'Row level security is off: every row passes'
  if (facts.bypasses) return `${role} bypasses row level security`
  return `${role} owns the table, and its policies are not forced`
}

/** Whether Postgres accepts a subscription: there are such tables in the publication, and the filters fit their columns. */
import { DatabaseError, decodeRows, ownSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { fragment, join, sql } from '#base/sql'
import { arrayLiteral } from '#base/sql'
import { uuid } from '#base/kernel'
import type { Member } from '#services/realtime/core'
import { publication } from '#services/realtime/log'
import { describeParams } from './params.ts'
import type { ChangeParams } from './params.ts'

const sqlStateNames: Readonly<Record<string, string>> = {
  P0001: 'raise_exception',
  '22P02': 'invalid_text_representation',
  '42704': 'undefined_object',
  '22007': 'invalid_datetime_format',
  '22003': 'numeric_value_out_of_range',
}

/** Null, or the message for the client. The row that asks is undone: its trigger says what is wrong with a filter. */
export async function checkSubscription(
  { db, random }: Project,
  params: ChangeParams,
  member: Member,
): Promise<string | null> {
  const { conditions, select } = params
  const filters = conditions.map(
    ({ column, op, value, negate }) =>
      fragment`row(${column}::text, ${op}::realtime.equality_op, ${value}::text, ${negate}::boolean)::realtime.user_defined_filter`,
  )
  const likePattern = (pattern: string): string => (pattern === '*' ? '%' : pattern)
  const cannot = 'Unable to subscribe to changes with given parameters.'
  try {
    const [result] = await db.transaction(
      ownSession,
      [
        sql`/* realtime.checkSubscription */
          with made as (
            insert into realtime.subscription (subscription_id, entity, filters, claims, action_filter, selected_columns)
            select ${uuid(random)}::uuid, relation.oid::regclass,
              array[${join(filters, ', ')}]::realtime.user_defined_filter[], ${member.claimsJson}::jsonb,
              ${params.event}, ${select === null ? null : arrayLiteral(select)}::text[]
            from pg_catalog.pg_publication_tables
            join pg_catalog.pg_namespace as namespace on nspname = schemaname
            join pg_catalog.pg_class as relation on relnamespace = namespace.oid and relname = tablename
            where pubname = ${publication} and schemaname like ${likePattern(params.schema)}
              and tablename like ${likePattern(params.table)}
            returning 1
          )
          select count(*)::int4 as tables from made`,
      ],
      { end: 'rollback', leaves: 'nothing', timeoutMs: 10_000 },
    )
    const [found] = decodeRows<{ tables: number }>(result as Result)
    if ((found?.tables ?? 0) > 0) return null
    return `${cannot} Please check Realtime is enabled for the given connect parameters: ${describeParams(params)}`
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const name = sqlStateNames[error.code] ?? 'error'
    return `${cannot} An exception happened so please check your connect parameters: ${describeParams(params)}. Exception: ERROR ${error.code} (${name}) ${error.message}`
  }
}

/** Which changed rows a role with its claims may see: Postgres is asked as that role, by primary key, once a batch and table. */
import { ConnectionError, DatabaseError } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import type { Change } from './change.ts'
import type { TableFacts } from './table-facts.ts'

const timeoutMs = 5_000

/** A policy that fails shows nothing to those it fails for. */
export async function findVisible(
  { apiDb, log }: Project,
  who: { readonly role: string; readonly claimsJson: string },
  table: TableFacts,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const [first] = changes
  if (first === undefined) return new Set()
  const { relation } = first
  const keys = table.columns.filter(({ isKey }) => isKey)
  const values = keys.map(
    ({ name }) =>
      fragment`${arrayLiteral(changes.map(({ now }) => now?.get(name) ?? null))}::text[]`,
  )
  const names = keys.map((_, i) => verbatim(`k${i}`))
  const same = keys.map(
    ({ name, sqlType }, i): Fragment =>
      fragment`t.${identifier(name)} = c.${verbatim(`k${i}`)}::${verbatim(sqlType)}`,
  )
  try {
    const [result] = await apiDb.transaction(
      {
        role: who.role,
        settings: [
          ['search_path', 'public, extensions'],
          ['request.jwt.claims', who.claimsJson],
        ],
        readOnly: true,
      },
      [
        sql`/* realtime.visibleRows */ select c.at::text
          from unnest(${join(values, ', ')}) with ordinality as c (${join(names, ', ')}, at)
          join ${identifier(relation.schema, relation.table)} as t on ${join(same, ' and ')}`,
      ],
      { lane: 'read', leaves: 'settings', timeoutMs },
    )
    const seen = new Set<Change>()
    for (const [cell] of result?.rows ?? []) {
      const change = changes[Number(new TextDecoder().decode(cell ?? undefined)) - 1]
      if (change !== undefined) seen.add(change)
    }
    return seen
  } catch (error) {
    // not said by a policy: the caller asks again
    if (error instanceof ConnectionError && error.failure !== 'deadline') throw error
    log.warn('changes could not be checked against the policies: they are not sent', {
      role: who.role,
      table: `${relation.schema}.${relation.table}`,
      code: error instanceof DatabaseError ? error.code : 'connection',
      error: error instanceof Error ? error.message : String(error),
    })
    return new Set()
  }
}

/** Which changed rows a role with its claims may see: Postgres is asked as that role, by primary key, once a batch and table. */
import { ConnectionError, DatabaseError } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import type { Claims } from '#services/realtime/policies'
import type { Change } from './change.ts'
import type { TableFacts } from './table-facts.ts'

const timeoutMs = 5_000

interface Viewer {
  readonly role: string
  readonly claimsJson: string
  readonly claims: Claims
}

/** A policy that fails shows nothing to those it fails for, of the rows it fails for. */
export async function findVisible(
  project: Project,
  who: Viewer,
  table: TableFacts,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const failures: Error[] = []
  const visible = await askInPieces(project, who, table, changes, failures)
  const [error] = failures
  if (error !== undefined)
    project.log.warn('changes could not be checked against the policies: they are not sent', {
      role: who.role,
      table: changes.map(({ relation }) => `${relation.schema}.${relation.table}`)[0],
      changes: changes.length - visible.size,
      code: error instanceof DatabaseError ? error.code : 'connection',
      error: error.message,
    })
  return visible
}

/** The rows a policy fails for are found by halves. */
async function askInPieces(
  project: Project,
  who: Viewer,
  table: TableFacts,
  changes: readonly Change[],
  failures: Error[],
): Promise<ReadonlySet<Change>> {
  if (changes.length === 0) return new Set()
  try {
    return await ask(project, who, table, changes)
  } catch (error) {
    const isTimeout = error instanceof ConnectionError && error.failure === 'deadline'
    // not said by a policy: the caller asks again
    if (error instanceof ConnectionError && !isTimeout) throw error
    if (changes.length === 1 || isTimeout) {
      failures.push(error as Error)
      return new Set()
    }
  }
  const middle = changes.length >> 1
  const halves = [changes.slice(0, middle), changes.slice(middle)]
  const visible: Change[] = []
  for (const half of halves)
    visible.push(...(await askInPieces(project, who, table, half, failures)))
  return new Set(visible)
}

async function ask(
  { apiDb }: Project,
  who: Viewer,
  table: TableFacts,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const { relation } = changes[0] as Change
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
  const [result] = await apiDb.transaction(
    {
      role: who.role,
      settings: [
        ['search_path', 'public, extensions'],
        ['request.jwt.claims', who.claimsJson],
        ...who.claims.settings,
      ],
      readOnly: true,
    },
    [
      // the offset keeps rows apart: by a hash of the table policies would be asked of all its rows, and fail for others
      sql`/* realtime.visibleRows */ select c.at::text
        from unnest(${join(values, ', ')}) with ordinality as c (${join(names, ', ')}, at)
        cross join lateral (select from ${identifier(relation.schema, relation.table)} as t
          where ${join(same, ' and ')} offset 0) as t`,
    ],
    { lane: 'read', leaves: 'settings', timeoutMs },
  )
  const seen = new Set<Change>()
  for (const [cell] of result?.rows ?? []) {
    const change = changes[Number(new TextDecoder().decode(cell ?? undefined)) - 1]
    if (change !== undefined) seen.add(change)
  }
  return seen
}

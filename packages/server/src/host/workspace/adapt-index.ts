/** An index by an access method that this server has no code for (`hnsw`, `ivfflat`): an empty one in its place. */
import type { IndexStmt, Node } from 'libpg-query'
import { quoteIdentifier } from '#base/sql'
import { standInAccessMethods } from '#services/extensions'
import type { Adapted } from './adapted.ts'
import type { ServerFacts } from './server-facts.ts'

/**
 * `create index i on t using hnsw (e vector_cosine_ops)` → `create index "i" on "t" (("e" is null)) where false`: it can be
 * commented, renamed and dropped, goes with its columns, and costs nothing. Null where the server has the method, or no
 * stand-in of its extension.
 */
export function adaptIndex(statement: IndexStmt, facts: ServerFacts): Adapted | null {
  const { accessMethod = '', relation, idxname, concurrent, if_not_exists: missingOnly } = statement
  const extension = facts.available.get(standInAccessMethods[accessMethod] ?? '')
  if (facts.accessMethods.has(accessMethod) || extension?.isStandIn !== true) return null
  const table = relation?.relname ?? ''
  const columns = [
    ...columnsOf(statement.indexParams ?? []),
    ...columnsOf(statement.whereClause ?? null),
  ]
  const distinct = [...new Set(columns)]
  const name = idxname ?? ownName(table, statement.indexParams ?? [])
  const keys = distinct.map((column) => `(${quoteIdentifier(column)} is null)`)
  const text = [
    'create index',
    ...(concurrent === true ? ['concurrently'] : []),
    ...(missingOnly === true || idxname === undefined ? ['if not exists'] : []),
    quoteIdentifier(name),
    'on',
    ...(relation?.inh === true ? [] : ['only']),
    [...(relation?.schemaname === undefined ? [] : [relation.schemaname]), table]
      .map(quoteIdentifier)
      .join('.'),
    `(${keys.length === 0 ? '(true)' : keys.join(', ')})`,
    'where false',
  ].join(' ')
  const notice = `index "${name}" holds nothing: ${accessMethod} needs a real pgvector, and what stands in for it looks at every row`
  return { texts: [text], notice }
}

/** The name Postgres would choose. */
function ownName(table: string, parameters: readonly Node[]): string {
  const parts = parameters.map((node) =>
    'IndexElem' in node ? (node.IndexElem.name ?? 'expr') : 'expr',
  )
  return `${[table, ...parts].join('_').slice(0, 59)}_idx`
}

/** The columns named anywhere below `value`, a piece of a syntax tree. */
function columnsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(columnsOf)
  if (typeof value !== 'object' || value === null) return []
  const { IndexElem: element, ColumnRef: reference } = value as {
    IndexElem?: { name?: string; expr?: unknown }
    ColumnRef?: { fields?: { String?: { sval?: string } }[] }
  }
  if (element?.name !== undefined) return [element.name]
  if (reference !== undefined) {
    const column = reference.fields?.at(-1)?.String?.sval
    return column === undefined ? [] : [column]
  }
  return Object.values(value).flatMap(columnsOf)
}

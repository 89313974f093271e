/** Which relationship an embedded resource names. */
import { sameName, similarName } from '#base/catalog'
import type { Catalog, KeyRelationship, Relationship } from '#base/catalog'
import { planErrors } from './errors.ts'

export interface WantedRelationship {
  readonly schema: string
  readonly from: string
  /** A relation, a foreign key, a column, or a function. */
  readonly to: string
  readonly hint: string | null
}

/** Throws PGRST200 if there is none, PGRST201 if there are several. */
export function findRelationship(wanted: WantedRelationship, catalog: Catalog): Relationship {
  const all = catalog.relationshipsOf(wanted.schema, wanted.from)
  const found = all.filter((rel) => matches(rel, wanted))
  const [first, second] = found
  if (first === undefined) {
    throw planErrors.PGRST200({ ...wanted, suggestion: suggest(wanted, all, catalog) })
  }
  if (second !== undefined) {
    throw planErrors.PGRST201({
      ...wanted,
      candidates: found.map(describe),
      choices: found.map(choice),
    })
  }
  return first
}

function matches(rel: Relationship, { to, hint }: WantedRelationship): boolean {
  if (rel.kind === 'computed') return rel.routine.name === to
  if (sameName(rel.from, rel.to)) return matchesSelf(rel, to, hint)
  if (hint !== null) {
    return (
      rel.to.name === to &&
      (rel.kind === 'junction'
        ? rel.junction.name === hint
        : rel.constraint === hint || singleFrom(rel) === hint || singleTo(rel) === hint)
    )
  }
  if (rel.to.name === to) return true
  return rel.kind === 'key' && !rel.toIsView && (rel.constraint === to || singleFrom(rel) === to)
}

/** A table related to itself: its own name means the children, a foreign key column the parent. */
function matchesSelf(rel: Relationship, to: string, hint: string | null): boolean {
  if (rel.kind !== 'key')
    return (
      hint !== null && rel.kind === 'junction' && rel.to.name === to && rel.junction.name === hint
    )
  if (hint !== null) {
    return rel.to.name === to && rel.cardinality === 'one-to-many' && singleTo(rel) === hint
  }
  return (
    (rel.to.name === to && rel.cardinality === 'one-to-many') ||
    (rel.cardinality === 'many-to-one' && singleFrom(rel) === to)
  )
}

const singleFrom = (rel: KeyRelationship): string | null =>
  rel.columns.length === 1 ? (rel.columns[0]?.[0] ?? null) : null

const singleTo = (rel: KeyRelationship): string | null =>
  rel.columns.length === 1 ? (rel.columns[0]?.[1] ?? null) : null

/** Another child if the parent is known, another parent if it is not a relation. */
function suggest(
  { schema, from, to }: WantedRelationship,
  all: readonly Relationship[],
  catalog: Catalog,
): string | null {
  if (all.length > 0) {
    const children = [...new Set(all.map((rel) => rel.to.name))]
    const child = children.includes(to) ? null : similarName(to, children, 0.33)
    return child === null ? null : `Perhaps you meant '${child}' instead of '${to}'.`
  }
  if (catalog.relation(schema, from) !== null) return null
  const parent = similarName(from, catalog.relatedNames(schema), 0.33)
  return parent === null ? null : `Perhaps you meant '${parent}' instead of '${from}'.`
}

const list = (names: readonly string[]): string => `(${names.join(', ')})`

function describe(rel: Relationship): Readonly<Record<string, string>> {
  const embedding = `${rel.from.name} with ${rel.to.name}`
  if (rel.kind === 'computed') return {}
  if (rel.kind === 'junction') {
    const [source, target] = rel.constraints
    return {
      cardinality: rel.cardinality,
      embedding,
      relationship: `${rel.junction.name} using ${source}${list(rel.source.map(([, column]) => column))} and ${target}${list(rel.target.map(([, column]) => column))}`,
    }
  }
  return {
    cardinality: rel.cardinality,
    embedding,
    relationship: `${rel.constraint} using ${rel.from.name}${list(rel.columns.map(([a]) => a))} and ${rel.to.name}${list(rel.columns.map(([, b]) => b))}`,
  }
}

function choice(rel: Relationship): string {
  if (rel.kind === 'computed') return rel.routine.name
  return `${rel.to.name}!${rel.kind === 'junction' ? rel.junction.name : rel.constraint}`
}

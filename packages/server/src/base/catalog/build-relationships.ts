/** From foreign keys to all relationships: through views, inverse, and many-to-many. */
import { sameName } from './catalog.ts'
import type {
  ColumnPairs,
  ComputedRelationship,
  JunctionRelationship,
  KeyRelationship,
  QualifiedName,
  Relation,
  Relationship,
} from './catalog.ts'
import type { ViewColumns } from './view-columns.ts'

export interface ForeignKey {
  readonly from: QualifiedName
  readonly to: QualifiedName
  readonly constraint: string
  readonly columns: ColumnPairs
  /** The columns are a key of `from`, so that each row of `to` has at most one. */
  readonly isUnique: boolean
}

type KeyedRelation = Pick<Relation, 'schema' | 'name' | 'primaryKey'>

/** The relationships visible in `schemas`, in the order ambiguity errors list them. */
export function buildRelationships(
  foreignKeys: readonly ForeignKey[],
  views: readonly ViewColumns[],
  computed: readonly ComputedRelationship[],
  relations: readonly KeyedRelation[],
  schemas: readonly string[],
): Relationship[] {
  const forward = foreignKeys.flatMap((key) => throughViews(key, views))
  const exposed = (name: QualifiedName): boolean => schemas.includes(name.schema)
  const junctions = manyToMany(forward, relations).filter((rel) => exposed(rel.junction))
  const found: Relationship[] = [...forward, ...forward.map(invert), ...junctions]
  const overridden = new Set(computed.map((rel) => overrideKey(rel.from, rel.routine)))
  return [...found.filter((rel) => !overridden.has(overrideKey(rel.from, rel.to))), ...computed]
    .filter(
      (rel) =>
        exposed(rel.from) &&
        exposed(rel.to) &&
        (rel.kind === 'computed' ? rel.routine : rel.to).schema === rel.from.schema,
    )
    .sort(compareRelationships)
}

const overrideKey = (from: QualifiedName, to: QualifiedName): string =>
  [from.schema, from.name, to.schema, to.name].join('\0')

/** The key itself, and the same key seen from or to each view that shows all its columns. */
function throughViews(key: ForeignKey, views: readonly ViewColumns[]): KeyRelationship[] {
  const base: KeyRelationship = {
    kind: 'key',
    cardinality: key.isUnique ? 'one-to-one' : 'many-to-one',
    from: key.from,
    to: key.to,
    constraint: key.constraint,
    columns: key.columns,
    ownsKey: true,
    fromIsView: false,
    toIsView: false,
  }
  const sources = showing(
    key.from,
    key.columns.map(([column]) => column),
    views,
  )
  const targets = showing(
    key.to,
    key.columns.map(([, column]) => column),
    views,
  )
  const pairs = (from: readonly string[], to: readonly string[]): ColumnPairs =>
    from.map((column, at) => [column, to[at] as string])
  const ownFrom = key.columns.map(([column]) => column)
  const ownTo = key.columns.map(([, column]) => column)
  return [
    base,
    ...sources.map((source) => ({
      ...base,
      from: source.view,
      fromIsView: true,
      columns: pairs(source.columns, ownTo),
    })),
    ...targets.map((target) => ({
      ...base,
      to: target.view,
      toIsView: true,
      columns: pairs(ownFrom, target.columns),
    })),
    ...sources.flatMap((source) =>
      targets.map((target) => ({
        ...base,
        from: source.view,
        to: target.view,
        fromIsView: true,
        toIsView: true,
        columns: pairs(source.columns, target.columns),
      })),
    ),
  ]
}

interface Shown {
  readonly view: QualifiedName
  readonly columns: readonly string[]
}

/** The views that show every one of `columns`, once for each way of naming them. */
function showing(
  table: QualifiedName,
  columns: readonly string[],
  views: readonly ViewColumns[],
): Shown[] {
  return views
    .filter((view) => sameName(view.table, table))
    .flatMap((view) =>
      combinations(columns.map((column) => view.columns.get(column) ?? [])).map((names) => ({
        view: view.view,
        columns: names,
      })),
    )
}

/** `combinations([['a', 'b'], ['c']])` → `[['a', 'c'], ['b', 'c']]` */
function combinations(choices: readonly (readonly string[])[]): string[][] {
  return choices.reduce<string[][]>(
    (made, names) => made.flatMap((start) => names.map((name) => [...start, name])),
    [[]],
  )
}

function invert(rel: KeyRelationship): KeyRelationship {
  return {
    ...rel,
    cardinality: rel.cardinality === 'many-to-one' ? 'one-to-many' : 'one-to-one',
    from: rel.to,
    to: rel.from,
    columns: rel.columns.map(([a, b]) => [b, a]),
    ownsKey: false,
    fromIsView: rel.toIsView,
    toIsView: rel.fromIsView,
  }
}

/** Two keys of a junction whose columns are all part of its primary key. */
function manyToMany(
  keys: readonly KeyRelationship[],
  relations: readonly KeyedRelation[],
): JunctionRelationship[] {
  const primaryKeys = new Map(
    relations.map((rel) => [`${rel.schema}\0${rel.name}`, rel.primaryKey]),
  )
  const byJunction = new Map<string, KeyRelationship[]>()
  for (const key of keys) {
    if (key.cardinality !== 'many-to-one') continue
    const id = `${key.from.schema}\0${key.from.name}`
    byJunction.set(id, [...(byJunction.get(id) ?? []), key])
  }
  return [...byJunction].flatMap(([id, ends]) => {
    const primaryKey = new Set(primaryKeys.get(id) ?? [])
    if (primaryKey.size === 0) return []
    const inKey = ends.filter((end) => end.columns.every(([column]) => primaryKey.has(column)))
    return inKey.flatMap((a) =>
      inKey.filter((b) => b.constraint !== a.constraint).map((b) => junction(a, b)),
    )
  })
}

function junction(a: KeyRelationship, b: KeyRelationship): JunctionRelationship {
  return {
    kind: 'junction',
    cardinality: 'many-to-many',
    from: a.to,
    to: b.to,
    junction: a.from,
    constraints: [a.constraint, b.constraint],
    source: a.columns.map(([column, key]) => [key, column]),
    target: b.columns.map(([column, key]) => [key, column]),
  }
}

const rank = {
  'one-to-many': 0,
  'many-to-one': 1,
  'one-to-one': 2,
  'many-to-many': 3,
  computed: 4,
} as const

function compareRelationships(a: Relationship, b: Relationship): number {
  return (
    compareText(a.from.schema, b.from.schema) ||
    compareText(a.from.name, b.from.name) ||
    compareText(a.to.schema, b.to.schema) ||
    compareText(a.to.name, b.to.name) ||
    rank[a.cardinality] - rank[b.cardinality] ||
    compareText(sortName(a), sortName(b))
  )
}

function sortName(rel: Relationship): string {
  if (rel.kind === 'key') return rel.constraint
  if (rel.kind === 'computed') return rel.routine.name
  return [rel.junction.name, ...rel.constraints].join('\0')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

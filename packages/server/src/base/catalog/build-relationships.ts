/** From foreign keys to all relationships: through views, inverse, and many-to-many. */
import { sortInSteps } from '#base/kernel'
import type {
  ColumnPairs,
  ComputedRelationship,
  JunctionRelationship,
  KeyRelationship,
  QualifiedName,
  Relation,
  Relationship,
} from './catalog.ts'
import { append, groupBy } from './catalog.ts'
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

/** The relationships visible in `schemas`, in the order ambiguity errors list them; in steps, for there may be tens of thousands. */
export function* buildRelationships(
  foreignKeys: readonly ForeignKey[],
  views: readonly ViewColumns[],
  computed: readonly ComputedRelationship[],
  relations: readonly KeyedRelation[],
  schemas: readonly string[],
): Generator<void, Relationship[]> {
  const exposed = new Set(schemas)
  const overridden = new Set(computed.map((rel) => overrideKey(rel.from, rel.routine)))
  const isVisible = (rel: KeyRelationship | JunctionRelationship): boolean =>
    exposed.has(rel.from.schema) &&
    rel.to.schema === rel.from.schema &&
    !overridden.has(overrideKey(rel.from, rel.to))
  const viewsOf = groupBy(views, ({ table }) => idOf(table))
  const found: Relationship[] = computed.filter(
    ({ from, to, routine }) =>
      exposed.has(from.schema) && exposed.has(to.schema) && routine.schema === from.schema,
  )
  const forward: KeyRelationship[] = []
  for (const key of foreignKeys) {
    for (const rel of throughViews(key, viewsOf)) {
      forward.push(rel)
      found.push(...[rel, invert(rel)].filter(isVisible))
    }
    yield
  }
  for (const ends of yield* junctionEnds(forward, relations)) {
    found.push(
      ...manyToMany(ends).filter((rel) => exposed.has(rel.junction.schema) && isVisible(rel)),
    )
    yield
  }
  return yield* sortInSteps(found, compareRelationships)
}

const idOf = ({ schema, name }: QualifiedName): string => `${schema}\0${name}`

const overrideKey = (from: QualifiedName, to: QualifiedName): string =>
  [from.schema, from.name, to.schema, to.name].join('\0')

/** The key itself, and the same key seen from or to each view that shows all its columns. */
function throughViews(
  key: ForeignKey,
  viewsOf: ReadonlyMap<string, readonly ViewColumns[]>,
): KeyRelationship[] {
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
    key.columns.map(([column]) => column),
    viewsOf.get(idOf(key.from)),
  )
  const targets = showing(
    key.columns.map(([, column]) => column),
    viewsOf.get(idOf(key.to)),
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

/** The views of a table that show every one of `columns`, once for each way of naming them. */
function showing(columns: readonly string[], views: readonly ViewColumns[] = []): Shown[] {
  return views.flatMap((view) =>
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

/** Of each junction its keys whose columns are all part of its primary key. */
function* junctionEnds(
  keys: readonly KeyRelationship[],
  relations: readonly KeyedRelation[],
): Generator<void, KeyRelationship[][]> {
  const primaryKeys = new Map<string, readonly string[]>()
  for (const relation of relations) {
    primaryKeys.set(idOf(relation), relation.primaryKey)
    yield
  }
  const ends = new Map<string, KeyRelationship[]>()
  for (const key of keys) {
    const id = idOf(key.from)
    const primaryKey = primaryKeys.get(id) ?? []
    const isEnd =
      key.cardinality === 'many-to-one' &&
      key.columns.every(([column]) => primaryKey.includes(column))
    if (isEnd) append(ends, id, key)
    yield
  }
  return [...ends.values()]
}

/** Each two keys of a junction. */
function manyToMany(ends: readonly KeyRelationship[]): JunctionRelationship[] {
  return ends.flatMap((a) =>
    ends.filter((b) => b.constraint !== a.constraint).map((b) => junction(a, b)),
  )
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

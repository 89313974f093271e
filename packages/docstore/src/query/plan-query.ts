/** From filters and order to the spans of one index to walk. Pure. */
import { failure } from '#kernel'
import { last } from '#key'
import { indexPrefix, type OpenStore } from '#document'
import type { Range } from '#engine'
import type { Filter } from './filter.ts'

export interface Order {
  readonly field: string
  readonly direction: 'asc' | 'desc'
}

export interface QuerySpec {
  readonly filters: readonly Filter[]
  readonly order: readonly Order[]
  readonly limit: number | undefined
  readonly offset: number
  /** Name of the index to walk, or 'primary'. */
  readonly index: string | undefined
}

export interface QueryPlan {
  /** Name of an index, or 'primary': the documents by their key. */
  readonly index: string
  /** Leading fields of the index that are fixed by equality. */
  readonly equalities: number
  /** point: one document; prefix and range: part of the index; all: every entry. */
  readonly walk: 'point' | 'prefix' | 'range' | 'all'
  readonly spans: readonly Range[]
  readonly reverse: boolean
  /** Whether the walk already gives the order asked for. */
  readonly ordered: boolean
  /** Filters the walk does not answer by itself. */
  readonly residual: number
}

interface Candidate {
  name: string
  fields: readonly string[]
  prefix: string
  unique: boolean
  multiEntry: boolean
}

/** Seeks of one query: `whereIn` over more values walks the index without it. */
const maxSpans = 1000

export function planQuery(store: OpenStore, spec: QuerySpec): QueryPlan {
  const candidates = candidatesOf(store)
  if (spec.index !== undefined) {
    const wanted = candidates.filter(({ name }) => name === spec.index)
    const known = candidates.map(({ name }) => name)
    if (wanted.length === 0)
      throw failure('index_unknown', { store: store.name, index: spec.index, known })
    return best(wanted, spec) ?? wholeWalk(wanted[0] as Candidate, spec)
  }
  return best(candidates, spec) ?? wholeWalk(candidates[0] as Candidate, spec)
}

function candidatesOf(store: OpenStore): Candidate[] {
  const { stored, prefix } = store
  return [
    { name: 'primary', fields: [stored.key], prefix, unique: true, multiEntry: false },
    ...stored.indexes.map((index) => ({ ...index, prefix: indexPrefix(index.id) })),
  ]
}

function best(candidates: readonly Candidate[], spec: QuerySpec): QueryPlan | undefined {
  let found: { plan: QueryPlan; score: number } | undefined
  for (const candidate of candidates) {
    const plan = candidate.multiEntry ? planElements(candidate, spec) : planFields(candidate, spec)
    const score = plan === undefined ? 0 : scoreOf(plan, spec)
    if (plan !== undefined && score > (found?.score ?? 0)) found = { plan, score }
  }
  return found?.plan
}

function scoreOf(plan: QueryPlan, spec: QuerySpec): number {
  const walk = { point: 1000, prefix: 2, range: 3, all: 0 }[plan.walk]
  // an order that comes by itself saves the sort, and with a limit most of the walk
  const order =
    plan.ordered && spec.order.length > 0 && (plan.walk !== 'all' || spec.limit !== undefined)
      ? 1
      : 0
  return plan.equalities * 4 + walk + order
}

/** A multi-entry index answers `whereContains` of its field. */
function planElements(candidate: Candidate, spec: QuerySpec): QueryPlan | undefined {
  const filter = spec.filters.find(
    ({ kind, field }) => kind === 'contains' && field === candidate.fields[0],
  )
  if (filter?.kind !== 'contains') return undefined
  const gte = candidate.prefix + filter.value
  return {
    index: candidate.name,
    equalities: 1,
    walk: 'prefix',
    spans: [{ gte, lt: gte + last }],
    reverse: false,
    ordered: spec.order.length === 0,
    residual: spec.filters.length - 1,
  }
}

interface Seek {
  prefixes: string[]
  equalities: number
  fixed: Set<string>
  used: Set<Filter>
}

/** Takes equalities and lists of values for as many leading fields as there are. */
function seek(candidate: Candidate, filters: readonly Filter[]): Seek {
  const found: Seek = {
    prefixes: [candidate.prefix],
    equalities: 0,
    fixed: new Set(),
    used: new Set(),
  }
  for (const field of candidate.fields) {
    const equal = filters.find((filter) => filter.kind === 'eq' && filter.field === field)
    const among = filters.find((filter) => filter.kind === 'in' && filter.field === field)
    if (equal?.kind === 'eq') {
      found.prefixes = found.prefixes.map((prefix) => prefix + equal.value)
      found.used.add(equal)
      found.fixed.add(field)
    } else if (among?.kind === 'in' && found.prefixes.length * among.values.length <= maxSpans) {
      const values = [...new Set(among.values)].toSorted()
      found.prefixes = found.prefixes.flatMap((prefix) => values.map((value) => prefix + value))
      found.used.add(among)
      if (values.length === 1) found.fixed.add(field)
    } else break
    found.equalities++
  }
  return found
}

function planFields(candidate: Candidate, spec: QuerySpec): QueryPlan | undefined {
  const { prefixes, equalities, fixed, used } = seek(candidate, spec.filters)
  const next = candidate.fields[equalities]
  const range = spec.filters.find((filter) => filter.kind === 'range' && filter.field === next)
  const spans = prefixes.map((prefix) =>
    range?.kind === 'range'
      ? { gte: prefix + range.gte, lt: prefix + range.lt }
      : { gte: prefix, lt: prefix + last },
  )
  if (range !== undefined) used.add(range)
  const direction = directionOf(candidate, spec.order, equalities, fixed)
  const ordered = spec.order.length === 0 || (direction !== undefined && spans.length <= 1)
  if (equalities === 0 && range === undefined && !ordered) return undefined
  const whole = equalities === candidate.fields.length && candidate.unique
  const isPoint = whole && prefixes.length === 1 && candidate.name === 'primary'
  return {
    index: candidate.name,
    equalities,
    walk: isPoint ? 'point' : range ? 'range' : equalities > 0 ? 'prefix' : 'all',
    spans,
    reverse: ordered && direction === 'desc',
    ordered,
    residual: spec.filters.length - used.size,
  }
}

/** The direction in which the rest of the index is in the order asked for; undefined when it is in another. */
function directionOf(
  candidate: Candidate,
  order: readonly Order[],
  equalities: number,
  fixed: ReadonlySet<string>,
): Order['direction'] | undefined {
  const open = order.filter(({ field }) => !fixed.has(field))
  const direction = open[0]?.direction ?? 'asc'
  const follows = open.every(
    (wanted, at) =>
      candidate.fields[equalities + at] === wanted.field && wanted.direction === direction,
  )
  return follows ? direction : undefined
}

function wholeWalk(candidate: Candidate, spec: QuerySpec): QueryPlan {
  return {
    index: candidate.name,
    equalities: 0,
    walk: 'all',
    spans: [{ gte: candidate.prefix, lt: candidate.prefix + last }],
    reverse: false,
    ordered: spec.order.length === 0,
    residual: spec.filters.length,
  }
}

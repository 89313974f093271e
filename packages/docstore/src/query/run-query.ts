/** Runs a plan: walk, filter, sort, cut. The limit comes last, after filters and sort, and ends the walk only where it may. */
import { encodeIndexed } from '#key'
import { decodeDocument, isLive, readPath, type Doc, type OpenStore } from '#document'
import { encodeOperand, matches, type Filter } from './filter.ts'
import { planQuery, type Order, type QueryPlan, type QuerySpec } from './plan-query.ts'
import { isVisible, walk, type Counts, type ReadContext } from './walk.ts'

/** What a query did. */
export interface Explanation {
  store: string
  /** The index that was walked; 'primary' are the documents by their key. */
  index: string
  walk: QueryPlan['walk']
  /** Leading fields of the index that were sought straight. */
  equalities: number
  /** Whether rows came in order, were sorted, or had no order asked for. */
  order: 'index' | 'sort' | 'none'
  entriesRead: number
  documentsRead: number
  rows: number
}

/** A plan for what the caller may see: the hint of a policy is an equality more. */
export function prepare(context: ReadContext, store: OpenStore, spec: QuerySpec): Prepared {
  const hint = context.access === undefined ? {} : context.access.hint(store.definition?.policies)
  if (hint === undefined)
    return { plan: planQuery(store, spec), filters: spec.filters, isEmpty: true }
  const filters: Filter[] = [...spec.filters]
  for (const [field, value] of Object.entries(hint))
    if (!filters.some((filter) => filter.kind === 'eq' && filter.field === field))
      filters.push({ kind: 'eq', field, value: encodeOperand(store.name, field, value) })
  return { plan: planQuery(store, { ...spec, filters }), filters, isEmpty: false }
}

interface Prepared {
  plan: QueryPlan
  filters: readonly Filter[]
  isEmpty: boolean
}

export async function* runQuery(
  context: ReadContext,
  store: OpenStore,
  spec: QuerySpec,
  prepared: Prepared,
  counts: Counts,
): AsyncGenerator<Doc[]> {
  if (prepared.isEmpty || spec.limit === 0) return
  const matching = walkMatching(context, store, spec, prepared, counts)
  yield* prepared.plan.ordered ? cut(matching, spec) : sorted(matching, spec)
}

async function* walkMatching(
  context: ReadContext,
  store: OpenStore,
  spec: QuerySpec,
  { plan, filters }: Prepared,
  counts: Counts,
): AsyncGenerator<Doc[]> {
  const wanted = spec.limit === undefined ? 64 : spec.offset + spec.limit
  const chunk = plan.ordered && plan.residual === 0 ? Math.min(256, Math.max(1, wanted)) : 64
  const isPrimary = plan.index === 'primary'
  if (plan.walk === 'point') {
    const doc = await readPoint(context, store, plan.spans[0]?.gte as string, counts)
    if (doc !== undefined && filters.every((filter) => matches(filter, doc))) yield [doc]
    return
  }
  for await (const found of walk(
    context,
    store,
    plan.spans,
    isPrimary,
    { reverse: plan.reverse, chunk },
    counts,
  )) {
    const docs: Doc[] = []
    for (const { doc } of found) if (filters.every((filter) => matches(filter, doc))) docs.push(doc)
    yield docs
  }
}

async function readPoint(
  context: ReadContext,
  store: OpenStore,
  key: string,
  counts: Counts,
): Promise<Doc | undefined> {
  const text = await context.view.getText(key)
  if (text === undefined) return undefined
  counts.documentsRead++
  if (!isLive(text, context.now)) return undefined
  const doc = decodeDocument(text)
  return isVisible(context, store, doc) ? doc : undefined
}

/** Offset and limit of rows that come in order: stops reading as soon as there are enough. */
async function* cut(rows: AsyncGenerator<Doc[]>, spec: QuerySpec): AsyncGenerator<Doc[]> {
  let skip = spec.offset
  let left = spec.limit ?? Number.POSITIVE_INFINITY
  for await (const found of rows) {
    const part = found.slice(skip, skip + left)
    skip = Math.max(0, skip - found.length)
    left -= part.length
    if (part.length > 0) yield part
    if (left <= 0) return
  }
}

/** Keeps at most twice what is wanted: a limit bounds the memory of a sort. */
async function* sorted(rows: AsyncGenerator<Doc[]>, spec: QuerySpec): AsyncGenerator<Doc[]> {
  const wanted = spec.limit === undefined ? Number.POSITIVE_INFINITY : spec.offset + spec.limit
  const compare = comparer(spec.order)
  let kept: Sortable[] = []
  for await (const found of rows) {
    for (const doc of found)
      kept.push({ doc, keys: spec.order.map(({ field }) => encodeIndexed(readPath(doc, field))) })
    if (kept.length > 2 * wanted + 256) kept = kept.toSorted(compare).slice(0, wanted)
  }
  yield kept
    .toSorted(compare)
    .slice(spec.offset, spec.limit === undefined ? undefined : spec.offset + spec.limit)
    .map(({ doc }) => doc)
}

interface Sortable {
  doc: Doc
  keys: string[]
}

function comparer(order: readonly Order[]): (a: Sortable, b: Sortable) => number {
  return (a, b) => {
    for (const [at, { direction }] of order.entries()) {
      const [left, right] = [a.keys[at] as string, b.keys[at] as string]
      if (left !== right) return left < right === (direction === 'asc') ? -1 : 1
    }
    return 0
  }
}

/** The read tree: select items, filters, orders and ranges of every level, each at its node. */
import type { Catalog, QualifiedName, Relation, Relationship } from '#base/catalog'
import type {
  ColumnItem,
  EmbedItem,
  EmbedPath,
  OrderTerm,
  PathLogic,
  PathOrder,
  PathRange,
  SelectItem,
} from '#services/data-api/request'
import { planErrors } from './errors.ts'
import { findRelationship } from './find-relationship.ts'
import { planColumns } from './plan-columns.ts'
import { qualifierOf } from './place.ts'
import type { Place } from './place.ts'
import { placeEmbed, showEmbed } from './plan-embed.ts'
import { planLogic, planOrderTerm } from './plan-filter.ts'
import type { FieldScope } from './plan-filter.ts'
import type {
  PlannedEmbed,
  PlannedLogic,
  PlannedOrder,
  PlannedRange,
  Qualifier,
  ReadNode,
} from './plan.ts'

/** What is asked at and below a node; paths are relative to it. */
export interface Asked {
  readonly select: readonly SelectItem[]
  readonly logic: readonly PathLogic[]
  readonly order: readonly PathOrder[]
  readonly ranges: readonly PathRange[]
}

/** What is the same for the whole tree. */
export interface TreeContext {
  readonly catalog: Catalog
  readonly schema: string
  readonly aggregates: boolean
  readonly maxRows: number | null
}

export function planTree(asked: Asked, place: Place, context: TreeContext): ReadNode {
  const qualifier = qualifierOf(place.source)
  const relation = relationOf(place.name, context.catalog)
  const scope: FieldScope = { catalog: context.catalog, relation, qualifier }
  const items = asked.select.filter((item): item is ColumnItem => item.kind === 'column')
  const expandStar = place.expandStar || items.some((item) => item.aggregate !== null)
  const columns = planColumns(scope, items, { aggregates: context.aggregates, expandStar })
  const embeds = planEmbeds(asked, { ...place, expandStar }, qualifier, context)
  const named = (name: string): PlannedEmbed | null =>
    embeds.find((embed) => embed.name === name) ?? null
  const where = own(asked.logic).map(({ node }) => planLogic(scope, node, named))
  return {
    source: place.source,
    qualifier,
    junction: place.junction,
    joins: place.joins,
    columns,
    embeds,
    where,
    isByKey: isByKey(relation, where),
    order: own(asked.order)
      .flatMap(({ terms }) => terms)
      .map((term) => planOrder(scope, term, place.name.name, named)),
    range: planRange(own(asked.ranges)[0], place.toOne ? null : context.maxRows),
  }
}

function isByKey(relation: Relation | null, where: readonly PlannedLogic[]): boolean {
  if (relation === null || relation.primaryKey.length === 0) return false
  const given = where.flatMap((logic) => (isEquality(logic) ? logic.field.name : []))
  return relation.primaryKey.every((name) => given.includes(name))
}

function isEquality(logic: PlannedLogic): logic is PlannedLogic & { kind: 'filter' } {
  if (logic.kind !== 'filter' || logic.negated || logic.field.path.length > 0) return false
  const { operation } = logic
  return (
    operation.kind === 'compare' && operation.operator === 'eq' && operation.quantifier === null
  )
}

function relationOf({ schema, name }: QualifiedName, catalog: Catalog): Relation | null {
  return catalog.relation(schema, name)
}

function own<T extends { readonly path: EmbedPath }>(entries: readonly T[]): T[] {
  return entries.filter((entry) => entry.path.length === 0)
}

function planEmbeds(
  asked: Asked,
  place: Place,
  qualifier: Qualifier,
  context: TreeContext,
): PlannedEmbed[] {
  const items = asked.select.filter((item): item is EmbedItem => item.kind === 'embed')
  const below = distribute(asked, items)
  return items.map((item) => {
    const relationship = embedRelationship(item, place, context)
    const placed = placeEmbed(item, relationship, place, qualifier)
    const asks = { ...(below.get(item) ?? nothing), select: item.select }
    return showEmbed(item, relationship, placed, planTree(asks, placed.place, context))
  })
}

function embedRelationship(item: EmbedItem, place: Place, context: TreeContext): Relationship {
  const { schema, catalog } = context
  return findRelationship(
    { schema, from: place.name.name, to: item.name, hint: item.hint },
    catalog,
  )
}

const nothing: Omit<Asked, 'select'> = { logic: [], order: [], ranges: [] }

/** Hands what is asked of embedded resources down to the items it names. */
function distribute(
  asked: Asked,
  items: readonly EmbedItem[],
): ReadonlyMap<EmbedItem, Omit<Asked, 'select'>> {
  const below = new Map(
    items.map((item) => [
      item,
      { logic: [] as PathLogic[], order: [] as PathOrder[], ranges: [] as PathRange[] },
    ]),
  )
  const of = (path: EmbedPath) => below.get(addressed(path[0] as string, items))
  for (const entry of asked.logic) {
    if (entry.path.length > 0) of(entry.path)?.logic.push(shorten(entry))
  }
  for (const entry of asked.order) {
    if (entry.path.length > 0) of(entry.path)?.order.push(shorten(entry))
  }
  for (const entry of asked.ranges) {
    if (entry.path.length > 0) of(entry.path)?.ranges.push(shorten(entry))
  }
  return below
}

function shorten<T extends { readonly path: EmbedPath }>(entry: T): T {
  return { ...entry, path: entry.path.slice(1) }
}

/** The item with that alias, or else with that name. */
function addressed(name: string, items: readonly EmbedItem[]): EmbedItem {
  const item =
    items.find((candidate) => (candidate.alias ?? candidate.name) === name) ??
    items.find((candidate) => candidate.name === name)
  if (item === undefined) throw planErrors.PGRST108({ name })
  return item
}

function planOrder(
  scope: FieldScope,
  term: OrderTerm,
  from: string,
  named: (name: string) => PlannedEmbed | null,
): PlannedOrder {
  if (term.relation === null) return planOrderTerm(scope, term)
  const embed = named(term.relation)
  if (embed === null) throw planErrors.PGRST108({ name: term.relation })
  if (embed.shape === 'array' || embed.shape === 'spread-many') {
    throw planErrors.PGRST118({ from, to: embed.name })
  }
  return planOrderTerm({ ...scope, relation: null, qualifier: [embed.alias] }, term)
}

function planRange(asked: PathRange | undefined, maxRows: number | null): PlannedRange | null {
  if (asked === undefined) return maxRows === null ? null : { limit: null, offset: null, maxRows }
  return { limit: asked.limit, offset: asked.offset, maxRows }
}

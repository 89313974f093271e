/** One embedded resource: its join with the parent and how it is shown. */
import type { ColumnPairs, Relationship } from '#base/catalog'
import type { EmbedItem } from '#services/data-api/request'
import { planErrors } from './errors.ts'
import { spreadColumn } from './plan-columns.ts'
import { qualifierOf } from './place.ts'
import type { Place } from './place.ts'
import type {
  EmbedShape,
  JoinCondition,
  PlannedEmbed,
  Qualifier,
  ReadNode,
  Source,
  SpreadColumn,
} from './plan.ts'

/** What an embedded resource's own tree needs to know of where it stands. */
export interface EmbedPlace {
  readonly place: Place
  readonly shape: EmbedShape
}

export function placeEmbed(
  item: EmbedItem,
  relationship: Relationship,
  parent: Place,
  parentQualifier: Qualifier,
): EmbedPlace {
  const depth = parent.depth + 1
  const toOne = isToOne(relationship)
  const shape = shapeOf(item.spread, toOne)
  const source = sourceOf(relationship, parentQualifier, depth)
  const junction =
    relationship.kind === 'junction'
      ? { name: relationship.junction, alias: `${relationship.junction.name}_via_${depth}` }
      : null
  const place: Place = {
    name: relationship.to,
    source,
    depth,
    junction,
    joins: joinsOf(relationship, parentQualifier, qualifierOf(source), junction?.alias ?? ''),
    expandStar: parent.expandStar || shape === 'spread-many',
    toOne,
  }
  return { place, shape }
}

/** The planned tree of an embedded resource as its parent shows it. */
export function showEmbed(
  item: EmbedItem,
  relationship: Relationship,
  { place, shape }: EmbedPlace,
  node: ReadNode,
): PlannedEmbed {
  const spread = item.spread ? spreadColumns(node) : []
  if (shape === 'spread-many' && spread.some((column) => column.aggregate !== null)) {
    throw planErrors.PGRST127({
      details: 'Aggregates are not implemented for one-to-many or many-to-many spreads.',
    })
  }
  const name = item.alias ?? item.name
  return {
    node: shape === 'spread-one' ? withoutAggregates(node) : node,
    alias: `${relationship.from.name}_${name}_${place.depth}`,
    name,
    shape,
    inner: item.join === 'inner',
    hidden: node.columns.length === 0 && node.embeds.every((embed) => embed.hidden),
    spread,
  }
}

function shapeOf(spread: boolean, toOne: boolean): EmbedShape {
  if (spread) return toOne ? 'spread-one' : 'spread-many'
  return toOne ? 'object' : 'array'
}

function isToOne(relationship: Relationship): boolean {
  if (relationship.kind === 'computed') return relationship.toOne
  return relationship.cardinality === 'many-to-one' || relationship.cardinality === 'one-to-one'
}

function sourceOf(relationship: Relationship, parent: Qualifier, depth: number): Source {
  const alias = `${relationship.to.name}_${depth}`
  if (relationship.kind !== 'computed') return { kind: 'relation', name: relationship.to, alias }
  return {
    kind: 'routine',
    name: relationship.routine,
    parent,
    parentType: relationship.from,
    alias,
  }
}

function joinsOf(
  relationship: Relationship,
  parent: Qualifier,
  child: Qualifier,
  junction: string,
): JoinCondition[] {
  switch (relationship.kind) {
    case 'computed':
      return []
    case 'key':
      return conditions(relationship.columns, parent, child)
    case 'junction':
      return [
        ...conditions(relationship.target, child, [junction]),
        ...conditions(relationship.source, parent, [junction]),
      ]
  }
}

function conditions(pairs: ColumnPairs, left: Qualifier, right: Qualifier): JoinCondition[] {
  return pairs.map(([a, b]) => ({
    left: { qualifier: left, name: a },
    right: { qualifier: right, name: b },
  }))
}

function spreadColumns(node: ReadNode): SpreadColumn[] {
  return [
    ...node.columns.map(spreadColumn),
    ...node.embeds.flatMap((embed): SpreadColumn[] => {
      if (embed.shape === 'spread-one' || embed.shape === 'spread-many') {
        return embed.spread.map((column) => ({ ...column, name: column.alias ?? column.name }))
      }
      if (embed.hidden) return []
      return [{ name: embed.name, aggregate: null, aggregateCast: null, alias: null }]
    }),
  ]
}

/** A spread node's aggregates are computed by the first ancestor that is not spread itself. */
function withoutAggregates(node: ReadNode): ReadNode {
  const plain = { aggregate: null, aggregateCast: null }
  return {
    ...node,
    columns: node.columns.map((column) =>
      column.aggregate === null
        ? column
        : { ...column, ...plain, alias: spreadColumn(column).name },
    ),
    embeds: node.embeds.map((embed) => ({
      ...embed,
      spread: embed.spread.map((column) => ({ ...column, ...plain })),
    })),
  }
}

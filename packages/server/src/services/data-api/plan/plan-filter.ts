/** Filters, logic trees and order terms with what the catalog knows of their columns. */
import type { Catalog, Column, Relation } from '#base/catalog'
import type { FieldRef, Filter, LogicNode, Operation, OrderTerm } from '#services/data-api/request'
import type {
  EmbedShape,
  PlannedField,
  PlannedLogic,
  PlannedOperation,
  PlannedOrder,
  Qualifier,
} from './plan.ts'

/** Whose columns a field's name is looked up in. */
export interface FieldScope {
  readonly catalog: Catalog
  /** Null where the rows' type is not a relation of the catalog. */
  readonly relation: Relation | null
  readonly qualifier: Qualifier
}

export function columnOf(scope: FieldScope, name: string): Column | null {
  return scope.relation?.columns.get(name) ?? null
}

export function planField(scope: FieldScope, field: FieldRef): PlannedField {
  const type = columnOf(scope, field.name)?.type
  return {
    qualifier: scope.qualifier,
    name: field.name,
    path: field.path,
    isJson: type === 'json' || type === 'jsonb',
  }
}

/** The embedded resource named like a filtered field, or null. */
export type FindEmbed = (name: string) => { alias: string; shape: EmbedShape } | null

export function planLogic(scope: FieldScope, node: LogicNode, findEmbed: FindEmbed): PlannedLogic {
  if (node.kind === 'group') {
    return { ...node, nodes: node.nodes.map((child) => planLogic(scope, child, findEmbed)) }
  }
  return emptyEmbed(node, findEmbed) ?? planFilter(scope, node)
}

/** `clients=is.null` where `clients` is embedded asks whether there is any. */
function emptyEmbed(filter: Filter, findEmbed: FindEmbed): PlannedLogic | null {
  const { field, operation, negated } = filter
  if (operation.kind !== 'is' || field.path.length > 0) return null
  if (operation.value !== 'null' && operation.value !== 'not_null') return null
  const embed = findEmbed(field.name)
  if (embed === null) return null
  const { alias, shape } = embed
  return {
    kind: 'embed-empty',
    alias,
    shape,
    negated: negated !== (operation.value === 'not_null'),
  }
}

function planFilter(scope: FieldScope, filter: Filter): PlannedLogic {
  const column = columnOf(scope, filter.field.name)
  const via = column === null ? null : scope.catalog.representation('text', column.type)
  return {
    kind: 'filter',
    field: planField(scope, filter.field),
    negated: filter.negated,
    operation: planOperation(filter.operation, column),
    via: via?.via ?? null,
  }
}

function planOperation(operation: Operation, column: Column | null): PlannedOperation {
  if (operation.kind !== 'search') return operation
  return { ...operation, convert: column !== null && column.baseType !== 'tsvector' }
}

export function planOrderTerm(scope: FieldScope, term: OrderTerm): PlannedOrder {
  return { field: planField(scope, term.field), direction: term.direction, nulls: term.nulls }
}

/** Filters, logic trees, order, limit. */
import type {
  PlannedField,
  PlannedLogic,
  PlannedOperation,
  PlannedOrder,
  PlannedRange,
} from '#services/data-api/plan'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { embedRows } from './embed-rows.ts'
import { renderField } from './render-field.ts'
import type { Writer } from './writer.ts'

const comparisons = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
} as const

const searches = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
} as const

const tests = {
  null: 'NULL',
  not_null: 'NOT NULL',
  true: 'TRUE',
  false: 'FALSE',
  unknown: 'UNKNOWN',
} as const

/** How an "is this embedded resource empty" test is written; a count asks it differently. */
export type RenderEmpty = (node: Extract<PlannedLogic, { kind: 'embed-empty' }>) => string

export function renderLogic(
  writer: Writer,
  node: PlannedLogic,
  renderEmpty: RenderEmpty = renderEmptyJoin,
): string {
  switch (node.kind) {
    case 'group': {
      const nodes = node.nodes.map((child) => renderLogic(writer, child, renderEmpty))
      return `${node.negated ? 'NOT ' : ''}(${nodes.join(node.operator === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'embed-empty':
      return renderEmpty(node)
    case 'filter': {
      const test = renderOperation(writer, node.field, node.operation, node.via)
      return `${node.negated ? 'NOT ' : ''}${test}`
    }
  }
}

/** Against the lateral join that made the resource. */
const renderEmptyJoin: RenderEmpty = ({ alias, shape, negated }) =>
  `${embedRows(alias, shape)} IS ${negated ? '' : 'NOT '}DISTINCT FROM NULL`

function renderOperation(
  writer: Writer,
  field: PlannedField,
  operation: PlannedOperation,
  via: string | null,
): string {
  const left = renderField(field)
  switch (operation.kind) {
    case 'compare':
      return renderComparison(writer, left, operation, via)
    case 'in': {
      const list = writer.bind({ form: 'list', slot: operation.values })
      return via === null
        ? `${left} = ANY (${list})`
        : `${left} = ANY (SELECT ${via}(unnest(${list}::text[])))`
    }
    case 'is':
      return `${left} IS ${tests[operation.value]}`
    case 'distinct':
      return `${left} IS DISTINCT FROM ${writer.bind({ form: 'text', slot: operation.value })}`
    case 'search': {
      const language = operation.language === null ? '' : `${quoteLiteral(operation.language)}, `
      const document = operation.convert ? `to_tsvector(${language}${left})` : left
      const query = writer.bind({ form: 'text', slot: operation.value })
      return `${document} @@ ${searches[operation.operator]}(${language}${query})`
    }
  }
}

function renderComparison(
  writer: Writer,
  left: string,
  operation: Extract<PlannedOperation, { kind: 'compare' }>,
  via: string | null,
): string {
  const { operator, quantifier, value } = operation
  const isPattern = operator === 'like' || operator === 'ilike'
  const bound = writer.bind({ form: isPattern ? 'like' : 'text', slot: value })
  const right = via === null || isPattern ? bound : `${via}(${bound})`
  const quantified = quantifier === null ? right : `${quantifier}(${right})`
  return `${left} ${comparisons[operator]} ${quantified}`
}

export function renderOrder(terms: readonly PlannedOrder[]): string {
  if (terms.length === 0) return ''
  const rendered = terms.map(({ field, direction, nulls }) => {
    const way = direction === null ? '' : ` ${direction.toUpperCase()}`
    return `${renderField(field)}${way}${nulls === null ? '' : ` NULLS ${nulls.toUpperCase()}`}`
  })
  return ` ORDER BY ${rendered.join(', ')}`
}

export function renderRange(writer: Writer, range: PlannedRange | null): string {
  if (range === null) return ''
  const { limit, offset, maxRows } = range
  const most = renderLimit(writer, limit, maxRows)
  return `${most === null ? '' : ` LIMIT ${most}`}${offset === null ? '' : ` OFFSET ${writer.bind({ form: 'text', slot: offset })}`}`
}

function renderLimit(
  writer: Writer,
  limit: PlannedRange['limit'],
  maxRows: number | null,
): number | string | null {
  if (limit === null) return maxRows
  if (typeof limit === 'number') return writer.bind({ form: 'limit', slot: limit, max: maxRows })
  return maxRows === null ? limit.rows : Math.min(limit.rows, maxRows)
}

export function renderWhere(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

/** `"a", "b"` */
export function renderNames(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ')
}

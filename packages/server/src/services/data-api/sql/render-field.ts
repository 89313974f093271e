/** Columns: qualified, followed into JSON, cast, aggregated. */
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { PlannedColumn, PlannedField, Qualifier, SpreadColumn } from '#services/data-api/plan'

export function renderQualified(qualifier: Qualifier, name: string): string {
  const prefix = qualifier.map(quoteIdentifier).join('.')
  return name === '*' ? `${prefix}.*` : `${prefix}.${quoteIdentifier(name)}`
}

/** The whole row of a source. */
export function renderRow(qualifier: Qualifier): string {
  return quoteIdentifier(qualifier.at(-1) ?? '')
}

export function renderName(name: { readonly schema: string; readonly name: string }): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
}

/** JSON keys are part of the shape, and written into the text: an expression index over them is then usable. */
export function renderField({ qualifier, name, path, isJson }: PlannedField): string {
  const column = renderQualified(qualifier, name)
  if (path.length === 0) return column
  const steps = path.map(({ asText, key, isIndex }) => {
    const operand = isIndex ? quoteIndex(key) : quoteLiteral(key)
    return `${asText ? '->>' : '->'}${operand}`
  })
  return `${isJson ? column : `to_jsonb(${column})`}${steps.join('')}`
}

function quoteIndex(key: string): string {
  return `'${key}'::int`
}

/** The expression of a selected column, without its alias. */
export function renderColumnValue(column: PlannedColumn): string {
  const { field, via, cast, aggregate, aggregateCast } = column
  const wholeRow = field.name === '*' && column.alias !== null && aggregate === null
  const base = wholeRow ? renderRow(field.qualifier) : renderField(field)
  const written = via === null ? base : `${via}(${base})`
  const value = renderCast(written, cast)
  if (aggregate === null) return value
  const argument = field.name === '*' ? '*' : value
  return renderCast(`${aggregate}(${argument})`, aggregateCast)
}

export function renderColumn(column: PlannedColumn): string {
  return renderColumnValue(column) + renderAlias(column.alias)
}

/** A spread resource's column inside its parent's select list. */
export function renderSpreadValue(alias: string, column: SpreadColumn): string {
  const value = renderQualified([alias], column.name)
  if (column.aggregate === null) return value
  return renderCast(`${column.aggregate}(${value})`, column.aggregateCast)
}

export function renderAlias(alias: string | null): string {
  return alias === null ? '' : ` AS ${quoteIdentifier(alias)}`
}

/** The type comes from the request, and holds only letters, digits, `_`, `$` and blanks. */
function renderCast(value: string, type: string | null): string {
  return type === null ? value : `CAST(${value} AS ${type})`
}

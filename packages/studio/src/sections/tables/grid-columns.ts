/** Columns of a relation as the grid shows them. */
import type { ColumnInfo, Relation } from '#studio/catalog'
import { kindOf } from '#studio/data-grid'
import type { GridColumn } from '#studio/data-grid'

function lockOf(relation: Relation, column: ColumnInfo): string | null {
  if (column.generated !== null) return `Generated: ${column.expression ?? ''}`
  if (column.identity === 'always') return 'Numbered by Postgres (identity always)'
  if (relation.key === null) return 'The table has no key: its rows cannot be told apart'
  if (!column.updatable) return `A ${relation.kind} column that cannot be written`
  return null
}

export function gridColumns(relation: Relation): readonly GridColumn[] {
  return relation.columns.map((column) => {
    const reference = relation.foreign_keys.find(({ columns }) => columns.includes(column.name))
    return {
      name: column.name,
      type: column.type,
      kind: kindOf(column.type, column.is_array, column.enum_values !== null),
      nullable: column.nullable,
      hasDefault: column.default !== null || column.identity !== null,
      isKey: relation.primary_key.includes(column.name),
      locked: lockOf(relation, column),
      choices: column.enum_values,
      refersTo: reference === undefined ? null : `${reference.to_schema}.${reference.to_table}`,
      comment: column.comment,
    }
  })
}

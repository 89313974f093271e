/** The `definitions` of the OpenAPI document: one schema a relation. */
import type { Catalog, Column, KeyRelationship, Relation } from '#base/catalog'
import { parseDefault, swaggerType } from './swagger-type.ts'

export function definition(relation: Relation, catalog: Catalog) {
  const columns = [...relation.columns.values()]
  const required = columns.filter((column) => !column.nullable).map((column) => column.name)
  return {
    ...given('description', relation.description),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      columns.map((column) => [column.name, property(column, relation, catalog)]),
    ),
    type: 'object',
  }
}

function property(column: Column, relation: Relation, catalog: Catalog) {
  const { baseType, enumValues, maxLength } = column
  const fallback = column.default === null ? undefined : parseDefault(baseType, column.default)
  return {
    ...(fallback === undefined ? {} : { default: fallback }),
    ...given('description', describeColumn(column, relation, catalog)),
    ...(enumValues.length === 0 ? {} : { enum: enumValues }),
    ...given('maxLength', maxLength),
    ...swaggerType(baseType),
  }
}

/** The column's comment, and what it is a key of, in the form that PostgREST's clients parse. */
function describeColumn(column: Column, relation: Relation, catalog: Catalog): string | null {
  const key = relation.primaryKey.includes(column.name) ? 'This is a Primary Key.<pk/>' : null
  const notes = [key, foreignKeyNote(column, relation, catalog)].filter((note) => note !== null)
  if (notes.length === 0) return column.description
  const note = ['Note:', ...notes].join('\n')
  return column.description === null ? note : `${column.description}\n\n${note}`
}

function foreignKeyNote(column: Column, relation: Relation, catalog: Catalog): string | null {
  const keys = catalog
    .relationshipsOf(relation.schema, relation.name)
    .filter((rel): rel is KeyRelationship => rel.kind === 'key')
    .filter(({ cardinality }) => cardinality !== 'one-to-many')
    .filter(
      ({ columns, ownsKey }) => ownsKey && columns.length === 1 && columns[0]?.[0] === column.name,
    )
  const found = keys.find((rel) => !rel.toIsView) ?? keys[0]
  if (found === undefined) return null
  const [table, target] = [found.to.name, found.columns[0]?.[1] ?? '']
  return `This is a Foreign Key to \`${table}.${target}\`.<fk table='${table}' column='${target}'/>`
}

function given<K extends string, V>(name: K, value: V | null): { readonly [P in K]?: V } {
  return value === null ? {} : ({ [name]: value } as { readonly [P in K]: V })
}

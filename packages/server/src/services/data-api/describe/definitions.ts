/** The `definitions` of the OpenAPI document: one schema a relation. */
import type { Catalog, Column, KeyRelationship, Relation } from '#base/catalog'
import { parseDefault, swaggerType } from './swagger-type.ts'

export function definition(relation: Relation, catalog: Catalog) {
  const columns = [...relation.columns.values()]
  const keys = ownKeys(relation, catalog)
  const required = columns.filter((column) => !column.nullable).map((column) => column.name)
  return {
    ...given('description', relation.description),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      columns.map((column) => [column.name, property(column, relation, keys)]),
    ),
    type: 'object',
  }
}

/** Foreign keys of one column each. */
function ownKeys({ schema, name }: Relation, catalog: Catalog): readonly KeyRelationship[] {
  return catalog
    .relationshipsOf(schema, name)
    .filter((rel): rel is KeyRelationship => rel.kind === 'key')
    .filter(
      ({ cardinality, ownsKey, columns }) =>
        cardinality !== 'one-to-many' && ownsKey && columns.length === 1,
    )
}

function property(column: Column, relation: Relation, keys: readonly KeyRelationship[]) {
  const { baseType, enumValues, maxLength } = column
  const fallback = column.default === null ? undefined : parseDefault(baseType, column.default)
  return {
    ...(fallback === undefined ? {} : { default: fallback }),
    ...given('description', describeColumn(column, relation, keys)),
    ...(enumValues.length === 0 ? {} : { enum: enumValues }),
    ...given('maxLength', maxLength),
    ...swaggerType(baseType),
  }
}

/** The column's comment, and what it is a key of, in the form that PostgREST's clients parse. */
function describeColumn(
  column: Column,
  relation: Relation,
  ownKeys: readonly KeyRelationship[],
): string | null {
  const key = relation.primaryKey.includes(column.name) ? 'This is a Primary Key.<pk/>' : null
  const notes = [key, foreignKeyNote(column, ownKeys)].filter((note) => note !== null)
  if (notes.length === 0) return column.description
  const note = ['Note:', ...notes].join('\n')
  return column.description === null ? note : `${column.description}\n\n${note}`
}

function foreignKeyNote(column: Column, ownKeys: readonly KeyRelationship[]): string | null {
  const keys = ownKeys.filter(({ columns }) => columns[0]?.[0] === column.name)
  const found = keys.find((rel) => !rel.toIsView) ?? keys[0]
  if (found === undefined) return null
  const [table, target] = [found.to.name, found.columns[0]?.[1] ?? '']
  return `This is a Foreign Key to \`${table}.${target}\`.<fk table='${table}' column='${target}'/>`
}

function given<K extends string, V>(name: K, value: V | null): { readonly [P in K]?: V } {
  return value === null ? {} : ({ [name]: value } as { readonly [P in K]: V })
}

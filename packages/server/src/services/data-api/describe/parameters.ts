/** The `parameters` of the OpenAPI document, and references to them. */
import type { Relation } from '#base/catalog'

export const ref = (name: string) => ({ $ref: `#/parameters/${name}` })

const query = (name: string, description: string) => ({
  name,
  description,
  required: false,
  in: 'query',
  type: 'string',
})

const header = (name: string, description: string, more: object = {}) => ({
  ...query(name, description),
  in: 'header',
  ...more,
})

const returns = ['return=representation', 'return=minimal', 'return=none']
const resolutions = ['resolution=ignore-duplicates', 'resolution=merge-duplicates']
const prefer = (values: readonly string[]) =>
  header('Prefer', 'Preference', values.length === 0 ? {} : { enum: values })

export const sharedParameters = {
  preferParams: prefer([]),
  preferReturn: prefer(returns),
  preferCount: prefer(['count=none']),
  preferPost: prefer([...returns, ...resolutions]),
  select: query('select', 'Filtering Columns'),
  on_conflict: query('on_conflict', 'On Conflict'),
  order: query('order', 'Ordering'),
  range: header('Range', 'Limiting and Pagination'),
  rangeUnit: header('Range-Unit', 'Limiting and Pagination', { default: 'items' }),
  offset: query('offset', 'Limiting and Pagination'),
  limit: query('limit', 'Limiting and Pagination'),
}

/** Those of one relation, by name. */
export function relationParameters(relation: Relation): (readonly [string, object])[] {
  return [bodyOf(relation), ...filtersOf(relation)]
}

/** The names of a relation's filters, one a column. */
export function filterNames({ name, columns }: Relation): string[] {
  return [...columns.keys()].map((column) => `rowFilter.${name}.${column}`)
}

function bodyOf({ name }: Relation): readonly [string, object] {
  const schema = { $ref: `#/definitions/${name}` }
  return [`body.${name}`, { name, description: name, required: false, in: 'body', schema }]
}

function filtersOf({ name, columns }: Relation): (readonly [string, object])[] {
  return [...columns.values()].map((column) => {
    const description = column.description === null ? {} : { description: column.description }
    const filter = {
      name: column.name,
      ...description,
      required: false,
      in: 'query',
      type: 'string',
    }
    return [`rowFilter.${name}.${column.name}`, filter]
  })
}

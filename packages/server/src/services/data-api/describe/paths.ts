/** The `paths` of the OpenAPI document: the root, relations, functions. */
import type { Argument, Relation, Routine } from '#base/catalog'
import { filterNames, ref } from './parameters.ts'
import { swaggerType } from './swagger-type.ts'

export const rootPath = {
  get: {
    tags: ['Introspection'],
    summary: 'OpenAPI description (this document)',
    produces: ['application/openapi+json', 'application/json'],
    responses: { 200: { description: 'OK' } },
  },
}

const listing = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount']

export function relationPath(relation: Relation) {
  const { name, insertable, updatable, deletable } = relation
  const shared = { tags: [name], ...describe(relation.description) }
  const filters = filterNames(relation)
  const operation = (parameters: readonly string[], status: number, description: string) => ({
    ...shared,
    parameters: parameters.map(ref),
    responses: { [status]: { description } },
  })
  const schema = { items: { $ref: `#/definitions/${name}` }, type: 'array' }
  const get = {
    ...operation([...filters, ...listing], 200, 'OK'),
    responses: { 200: { description: 'OK', schema }, 206: { description: 'Partial Content' } },
  }
  if (!insertable && !updatable && !deletable) return { get }
  return {
    get,
    post: operation([`body.${name}`, 'select', 'preferPost'], 201, 'Created'),
    delete: operation([...filters, 'preferReturn'], 204, 'No Content'),
    patch: operation([...filters, `body.${name}`, 'preferReturn'], 204, 'No Content'),
  }
}

export function routinePath(routine: Routine) {
  const shared = {
    tags: [`(rpc) ${routine.name}`],
    ...describe(routine.description),
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
    responses: { 200: { description: 'OK' } },
  }
  const args = { name: 'args', required: true, in: 'body', schema: argumentSchema(routine) }
  const post = { ...shared, parameters: [args, ref('preferParams')] }
  if (routine.volatility === 'volatile') return { post }
  return {
    get: {
      ...shared,
      parameters: routine.arguments.map((argument) => queryArgument(argument, routine.schema)),
    },
    post,
  }
}

/** The first line of a comment is the summary, the rest the description. */
function describe(comment: string | null) {
  if (comment === null) return {}
  const [summary = '', ...rest] = comment.split('\n')
  const description = rest.join('\n').replace(/^\n+/, '')
  return description === '' ? { summary } : { summary, description }
}

function argumentSchema({ arguments: list, description, schema }: Routine) {
  const required = list.filter((argument) => argument.required).map((argument) => argument.name)
  return {
    ...(description === null ? {} : { description }),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      list.map(({ name, type }) => [name, swaggerType(withoutSchema(type, schema))]),
    ),
    type: 'object',
  }
}

/** Types of the function's own schema are named without it. */
function withoutSchema(type: string, schema: string): string {
  return type.startsWith(`${schema}.`) ? type.slice(schema.length + 1) : type
}

function queryArgument({ name, required, variadic, ...argument }: Argument, schema: string) {
  const type = withoutSchema(argument.type, schema)
  const { format, type: known = 'string' } = swaggerType(type)
  if (!variadic) {
    // a query string has no arrays: theirs are written as text
    return { name, required, in: 'query', type: known === 'array' ? 'string' : known, format }
  }
  const items = swaggerType(type.replace(/\[\]$/, ''))
  return { name, required, in: 'query', type: known, collectionFormat: 'multi', items }
}

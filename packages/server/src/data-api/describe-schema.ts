/** The root: an OpenAPI 2.0 description of what the caller may use. */
import type { Catalog, Column, Relation, Routine } from '#data-api/catalog'
import type { DescribePlan } from '#data-api/plan'
import type { ApiRequest } from '#data-api/request'
import type { HttpResponse } from '#http'
import type { Scope } from '#service'

/** Relations and functions of the requested schema. */
export function describeSchema(
  scope: Scope,
  plan: DescribePlan,
  request: ApiRequest,
  catalog: Catalog,
): HttpResponse {
  const headers: Record<string, string> = {
    'content-type': 'application/openapi+json; charset=utf-8',
  }
  if (request.negotiatedByProfile) headers['content-profile'] = request.schema
  if (plan.headersOnly) return { status: 200, headers, body: null }
  const relations = catalog.data.relations.filter(({ schema }) => schema === request.schema)
  const routines = catalog.data.routines.filter(({ schema }) => schema === request.schema)
  const document = {
    swagger: '2.0',
    info: { title: 'standard public schema', version: '14', description: '' },
    host: new URL(scope.project.externalUrl).host,
    basePath: '/rest/v1',
    schemes: [new URL(scope.project.externalUrl).protocol.replace(':', '')],
    consumes: ['application/json', 'text/csv'],
    produces: ['application/json', 'text/csv'],
    paths: {
      '/': { get: { tags: ['Introspection'], responses: { 200: { description: 'OK' } } } },
      ...Object.fromEntries(relations.map((item) => [`/${item.name}`, relationPath(item)])),
      ...Object.fromEntries(routines.map((item) => [`/rpc/${item.name}`, routinePath(item)])),
    },
    definitions: Object.fromEntries(relations.map((item) => [item.name, definition(item)])),
  }
  return { status: 200, headers, body: JSON.stringify(document) }
}

function relationPath({ name, insertable, updatable, deletable }: Relation) {
  const operation = { tags: [name], responses: { 200: { description: 'OK' } } }
  return {
    get: operation,
    ...(insertable ? { post: operation } : {}),
    ...(updatable ? { patch: operation } : {}),
    ...(deletable ? { delete: operation } : {}),
  }
}

function routinePath({ name, volatility }: Routine) {
  const operation = { tags: [`(rpc) ${name}`], responses: { 200: { description: 'OK' } } }
  return { ...(volatility === 'volatile' ? {} : { get: operation }), post: operation }
}

function definition({ columns, primaryKey, description }: Relation) {
  const list = [...columns.values()]
  const required = list.filter((column) => !column.nullable).map((column) => column.name)
  return {
    ...(description === null ? {} : { description }),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      list.map((column) => [column.name, property(column, primaryKey.includes(column.name))]),
    ),
    type: 'object',
  }
}

const jsonTypes: Readonly<Record<string, string>> = {
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  boolean: 'boolean',
}

function property(column: Column, isPrimaryKey: boolean) {
  const { baseType, default: fallback, enumValues, maxLength, type } = column
  const note = isPrimaryKey ? 'Note:\nThis is a Primary Key.<pk/>' : null
  const description = [column.description, note].filter((text) => text !== null).join('\n\n')
  return {
    ...(fallback === null ? {} : { default: fallback }),
    ...(description === '' ? {} : { description }),
    ...(enumValues.length === 0 ? {} : { enum: enumValues }),
    ...(maxLength === null ? {} : { maxLength }),
    format: type,
    type: baseType.endsWith('[]') ? 'array' : (jsonTypes[baseType] ?? 'string'),
  }
}

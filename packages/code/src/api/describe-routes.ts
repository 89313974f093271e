/** The OpenAPI document, made of the routes that are served. */
import { errorTypes } from '#core'
import type { Field, Fields, Route } from '#http'

type Described = Omit<Route<never>, 'handle'>

export function describeRoutes(routes: readonly Described[], url: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Basalt Code',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, or the token of a user',
        },
      },
      schemas: { Error: errorSchema },
      responses: {
        Error: {
          description: 'What happened, and what to do',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  }
}

const errorSchema = {
  type: 'object',
  required: ['error_type', 'message', 'details', 'suggestions'],
  properties: {
    error_type: { type: 'string', enum: errorTypes },
    message: { type: 'string' },
    details: { type: 'object' },
    suggestions: { type: 'array', items: { type: 'string' } },
  },
}

function operationOf(route: Described): object {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(route.query ?? {}).map(([name, field]) => ({
    name,
    in: 'query',
    required: field.required === true,
    description: field.description,
    schema: schemaOf(field),
  }))
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+/g, '_')}`,
    summary: route.summary,
    tags: [route.tag],
    security: securityOf(route.permission),
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    responses: {
      ...answersOf(route),
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function answersOf({ method, answers, badStatus }: Described): Record<string, object> {
  if (method === 'DELETE') return { '204': { description: 'Done' } }
  const properties = Object.fromEntries(
    Object.entries(answers ?? {}).map(([name, description]) => [
      name,
      { type: 'string', description },
    ]),
  )
  const content = { 'application/json': { schema: { type: 'object', properties } } }
  return {
    '2XX': { description: 'Done', content },
    ...(badStatus === undefined ? {} : { [badStatus]: { description: 'Not well', content } }),
  }
}

function securityOf(permission: Described['permission']): object[] {
  if (permission === null) return []
  return permission === 'user' ? [{ bearer: [] }] : [{ apiKey: [] }, { bearer: [] }]
}

function bodyOf(fields: Fields): object {
  const required = Object.keys(fields).filter((name) => fields[name]?.required === true)
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      { description: field.description, ...schemaOf(field) },
    ]),
  )
  return {
    required: required.length > 0,
    content: {
      'application/json': {
        schema: { type: 'object', additionalProperties: false, required, properties },
      },
    },
  }
}

function schemaOf(field: Field): object {
  return {
    type: field.nullable === true ? [field.type, 'null'] : field.type,
    ...(field.enum === undefined ? {} : { enum: field.enum }),
    ...(field.format === undefined ? {} : { format: field.format }),
    ...(field.type === 'array' ? { items: { type: 'string' } } : {}),
    ...(field.type === 'integer' ? { minimum: field.minimum ?? 0 } : {}),
    ...(field.maximum === undefined ? {} : { [mostOf(field)]: field.maximum }),
    ...(field.default === undefined ? {} : { default: field.default }),
  }
}

function mostOf({ type }: Field): string {
  if (type === 'integer') return 'maximum'
  return type === 'array' ? 'maxItems' : 'maxLength'
}

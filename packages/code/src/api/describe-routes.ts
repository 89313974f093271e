/** The OpenAPI document, made of the routes that are served. */
import { errorTypes } from '#core'
import type { Field, Fields, Route, Schema } from '#http'

type Described = Omit<Route<never>, 'handle'>

export function describeRoutes(routes: readonly Described[], url: string): object {
  const paths: Record<string, Record<string, object>> = {}
  const schemas: Record<string, object> = { Error: errorSchema }
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    const operation = operationOf(route, schemas)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation }
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
      schemas,
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

function operationOf(route: Described, schemas: Record<string, object>): object {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = [
    ...inPath,
    ...parametersOf(route.query ?? {}, 'query'),
    ...parametersOf(route.headers ?? {}, 'header'),
  ]
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+/g, '_')}`,
    summary: route.summary,
    tags: [route.tag],
    security: securityOf(route.permission),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    ...(route.rawBodyBytes === undefined ? {} : { requestBody: anyBody }),
    responses: {
      ...answersOf(route, schemas),
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function parametersOf(fields: Fields, place: 'query' | 'header'): object[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    in: place,
    required: field.required === true,
    description: field.description,
    schema: schemaOf(field),
  }))
}

/** As GitHub sends it. */
const anyBody = {
  required: true,
  content: {
    'application/json': { schema: { type: 'object' } },
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        required: ['payload'],
        properties: { payload: { type: 'string' } },
      },
    },
  },
}

function answersOf(
  { answers, badStatus }: Described,
  schemas: Record<string, object>,
): Record<string, object> {
  if (answers === undefined) return { '204': { description: 'Done' } }
  const content = { 'application/json': { schema: withComponents(answers, schemas) } }
  return {
    '2XX': { description: 'Done', content },
    ...(badStatus === undefined ? {} : { [badStatus]: { description: 'Not well', content } }),
  }
}

/** Schemas that have a name become components, and are referred to. */
function withComponents(schema: Schema, schemas: Record<string, object>): Schema {
  const { title, items, properties } = schema as {
    readonly title?: string
    readonly items?: Schema
    readonly properties?: Readonly<Record<string, Schema>>
  }
  const own: Schema = {
    ...schema,
    ...(items === undefined ? {} : { items: withComponents(items, schemas) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [name, withComponents(one, schemas)]),
          ),
        }),
  }
  if (title === undefined) return own
  schemas[title] = own
  return { $ref: `#/components/schemas/${title}` }
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
    type: field.nullable === true || field.ignoresNull === true ? [field.type, 'null'] : field.type,
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

/** The OpenAPI 3.1 document, from the table of routes. */
import { object, text } from '#host/control-plane/route'
import type { ApiRoute, Schema } from '#host/control-plane/route'

const errorSchema: Schema = {
  type: 'object',
  properties: {
    code: text('Stays the same'),
    message: text('For people'),
    details: { type: ['string', 'null'] },
    hint: { type: ['string', 'null'], description: 'What to do' },
  },
  required: ['code', 'message'],
  additionalProperties: true,
}

const json = (schema: object): object => ({ 'application/json': { schema } })
const errorRef = { $ref: '#/components/schemas/Error' }

/** `/projects/:ref` → `/projects/{ref}` */
const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}')
const namesIn = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')

/** `GET /projects/:ref/keys` → `getProjectsRefKeys` */
function operationId({ method, path }: ApiRoute): string {
  const words = path.split(/[/:.-]/).filter((word) => word !== '')
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  return method.toLowerCase() + words.map(capital).join('')
}

function operation(route: ApiRoute): object {
  const {
    path,
    least,
    summary,
    query = {},
    request,
    streams = false,
    response,
    status = 200,
  } = route
  const inPath = namesIn(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }))
  const isOpen = least === 'anyone'
  const succeeded = status === 204 ? {} : { content: json(response) }
  const body = streams
    ? { required: true, content: { '*/*': {} } }
    : request && { required: (request.required?.length ?? 0) > 0, content: json(request) }
  return {
    operationId: operationId(route),
    summary,
    tags: [
      path.split('/')[1] === 'projects' ? (path.split('/')[3] ?? 'projects') : path.split('/')[1],
    ],
    'x-least-role': least,
    ...(isOpen ? { security: [] } : {}),
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      [String(status)]: { description: 'Done', ...succeeded },
      default: { description: 'Refused', content: json(errorRef) },
    },
  }
}

export function openApiDocument(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const at = (paths[templateOf(route.path)] ??= {})
    at[route.method.toLowerCase()] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Basalt control plane',
      version: '1',
      description: 'Projects of a fleet, and who may do what with them.',
    },
    servers: [{ url: '/admin/v1' }],
    security: [{ operator: [] }],
    paths,
    components: {
      securitySchemes: { operator: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: errorSchema },
    },
  }
}

/** The route of the document itself; the others are given to it. */
export function openApiRoute(others: readonly ApiRoute[]): ApiRoute {
  const route: ApiRoute = {
    method: 'GET',
    path: '/openapi.json',
    least: 'anyone',
    summary: 'This document',
    response: { ...object({ openapi: text('3.1.0') }), additionalProperties: true },
    handle: () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: document,
      }),
  }
  const document = JSON.stringify(openApiDocument([...others, route]))
  return route
}

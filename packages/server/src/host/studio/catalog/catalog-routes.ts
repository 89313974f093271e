/** Relations of a project, one of them in full, names for completion, the drawing of a schema. */
import { liveDatabase, text } from '#host/control-plane/route'
import type { ApiRoute } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { listDiagram, listNames } from './list-names.ts'
import { listRelations, listSchemas } from './list-relations.ts'
import { parseOid, readRelation } from './relation.ts'
import { renderDefinition } from './render-definition.ts'
import { catalogSchema, diagramSchema, namesSchema, relationSchema } from './schemas.ts'

const ofSchema = { schema: text('Of this schema alone', 63) }

export const catalogRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/catalog',
    least: 'read-only',
    summary: 'Schemas, tables and views, at most 5000',
    query: ofSchema,
    response: catalogSchema,
    handle: async (call) => {
      const database = await liveDatabase(call)
      const [schemas, relations] = await Promise.all([
        database.read<{ name: string }>(listSchemas),
        database.read(listRelations(call.query.get('schema'))),
      ])
      return jsonResponse(200, { schemas: schemas.map(({ name }) => name), relations })
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/catalog/names',
    least: 'read-only',
    summary: 'Names for completion: a member a schema',
    response: namesSchema,
    handle: async (call) => jsonResponse(200, await (await liveDatabase(call)).read(listNames)),
  },
  {
    method: 'GET',
    path: '/projects/:ref/catalog/diagram',
    least: 'read-only',
    summary: 'Tables of a schema (default public) with columns and foreign keys',
    query: ofSchema,
    response: diagramSchema,
    handle: async (call) => {
      const database = await liveDatabase(call)
      return jsonResponse(
        200,
        await database.read(listDiagram(call.query.get('schema') ?? 'public')),
      )
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/catalog/relations/:oid',
    least: 'read-only',
    summary:
      'One table or view: columns, keys, indexes, policies, grants, and the SQL that makes it',
    response: relationSchema,
    handle: async (call) => {
      const database = await liveDatabase(call)
      const relation = await readRelation(database, parseOid(call.params['oid'] ?? ''))
      const { view_query: _, ...shown } = relation
      return jsonResponse(200, { ...shown, definition: renderDefinition(relation) })
    },
  },
]

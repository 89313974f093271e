/** Lists of what a database holds besides its relations. */
import { listOf, liveDatabase, object, text } from '#host/control-plane/route'
import type { ApiRoute, Schema } from '#host/control-plane/route'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { jsonResponse } from '#base/http'
import type { Statement } from '#base/sql'
import { readCron, readQueues, readSecret, readVault, readWebhooks } from './list-jobs.ts'
import * as lists from './list-objects.ts'
import * as schemas from './object-schemas.ts'

function list(
  name: string,
  summary: string,
  item: Schema,
  statement: (schema: string | null) => Statement,
): ApiRoute {
  return {
    method: 'GET',
    path: `/projects/:ref/catalog/${name}`,
    least: 'read-only',
    summary: `${summary}, at most 5000`,
    query: { schema: text('Of this schema alone, where they are in one', 63) },
    response: listOf(item),
    handle: async (call) => {
      const database = await liveDatabase(call)
      return jsonResponse(200, await database.read(statement(call.query.get('schema'))))
    },
  }
}

function view(
  name: string,
  summary: string,
  response: Schema,
  read: (database: ProjectDatabase) => Promise<object>,
): ApiRoute {
  return {
    method: 'GET',
    path: `/projects/:ref/catalog/${name}`,
    least: 'read-only',
    summary,
    response,
    handle: async (call) => jsonResponse(200, await read(await liveDatabase(call))),
  }
}

export const objectRoutes: readonly ApiRoute[] = [
  list(
    'functions',
    'Functions without those of extensions',
    schemas.functionSchema,
    lists.listFunctions,
  ),
  list('triggers', 'Triggers', schemas.triggerSchema, lists.listTriggers),
  list('enums', 'Types of listed values', schemas.enumSchema, lists.listEnums),
  list(
    'extensions',
    'Extensions, those that are made first',
    schemas.extensionSchema,
    lists.listExtensions,
  ),
  list('roles', 'Roles', schemas.roleSchema, lists.listRoles),
  list('publications', 'Publications', schemas.publicationSchema, lists.listPublications),
  list(
    'slots',
    'Replication slots and how far they are behind',
    schemas.slotSchema,
    lists.listSlots,
  ),
  list('indexes', 'Indexes and how often they were used', schemas.indexSchema, lists.listIndexes),
  view('cron', 'Jobs of pg_cron and their newest runs', schemas.cronSchema, readCron),
  view('queues', 'Queues of pgmq', schemas.queuesSchema, readQueues),
  view('webhooks', 'Webhooks and their newest deliveries', schemas.webhooksSchema, readWebhooks),
  view('vault', 'Names of the secrets in the vault', schemas.vaultSchema, readVault),
  {
    method: 'POST',
    path: '/projects/:ref/catalog/vault/:id/reveal',
    least: 'admin',
    summary: 'What a secret of the vault is',
    response: object({ value: text('The secret', 1_000_000) }),
    audit: 'vault.reveal',
    handle: async (call) => {
      const value = await readSecret(await liveDatabase(call), call.params['id'] ?? '')
      return jsonResponse(200, { value })
    },
  },
]

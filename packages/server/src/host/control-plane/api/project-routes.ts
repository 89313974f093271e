/** Projects: from their making to their end, their configuration, keys and members. */
import { anyObject, flag, integer, listOf, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'
import type {
  NewProjectInput,
  ProjectUpdate,
  SigningAlgorithm,
} from '#host/control-plane/lifecycle'
import { roleIn } from '#host/control-plane/operators'
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { ConfigTree } from '#base/config'
import {
  createdProjectSchema,
  keysSchema,
  keysView,
  maskConfig,
  maskUrl,
  projectSchema,
  projectView,
  requirementSchema,
  shownProjectSchema,
} from './views.ts'

const none: Schema = { type: 'null' }
const databaseUrl = text(
  'postgres://… of the platform’s own user, or a reference to a secret',
  4096,
)
const configuration = anyObject('config.toml’s structure; null takes a value away (RFC 7386)')

const externalUrl = ({ parts }: Call): Promise<string | null> => parts.settings.get('external_url')

async function shown(call: Call, more: object = {}): Promise<object> {
  const { record, summary } = await call.parts.projects.show(call.ref)
  const view = projectView(summary, await externalUrl(call))
  return { ...view, db_url: maskUrl(record.databaseUrl), ...more }
}

async function createProject(call: Call): Promise<HttpResponse> {
  const { parts, body, actor, caller } = call
  const given = body as {
    ref: string
    name?: string
    db_url: string
    config?: ConfigTree
    signing?: SigningAlgorithm
  }
  const input: NewProjectInput = {
    ref: given.ref,
    databaseUrl: given.db_url,
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.config === undefined ? {} : { config: given.config }),
    ...(given.signing === undefined ? {} : { algorithm: given.signing }),
  }
  const { record, warnings } = await parts.projects.create(input, actor)
  // who makes a project can go on with it
  if (caller.operator.role === 'admin')
    await parts.operators.setMember(record.ref, caller.operator.id, 'admin', actor)
  const { signing: _, retired_until: __, ...keys } = keysView(record) as Record<string, unknown>
  return jsonResponse(201, await shown({ ...call, ref: record.ref }, { ...keys, warnings }))
}

/** One change without a body, that answers with the project. */
function step(name: 'pause' | 'resume' | 'restore', summary: string): ApiRoute {
  return {
    method: 'POST',
    path: `/projects/:ref/${name}`,
    least: 'admin',
    summary,
    response: projectSchema,
    handle: async (call) => {
      const changed = await call.parts.projects[name](call.ref, call.actor)
      return jsonResponse(200, projectView(changed, await externalUrl(call)))
    },
  }
}

const lifecycleRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects',
    least: 'operator',
    summary: 'The projects one is a member of; an owner sees all',
    response: listOf(projectSchema),
    handle: async (call) => {
      const [all, url] = await Promise.all([call.parts.projects.list(), externalUrl(call)])
      const own = all.filter(({ ref }) => roleIn(call.caller, ref) !== null)
      return jsonResponse(
        200,
        own.map((project) => projectView(project, url)),
      )
    },
  },
  {
    method: 'POST',
    path: '/projects',
    least: 'admin',
    summary: 'Makes a project: tests its database, prepares it, mints keys',
    request: object({
      ref: text('2 to 40 lower-case letters, digits and hyphens', 100),
      'name?': text('Default the ref', 100),
      db_url: databaseUrl,
      'config?': configuration,
      'signing?': oneOf(['HS256', 'ES256'], 'What its tokens are signed with; default HS256'),
    }),
    response: createdProjectSchema,
    status: 201,
    handle: createProject,
  },
  {
    method: 'GET',
    path: '/projects/:ref',
    least: 'read-only',
    summary: 'One project',
    response: shownProjectSchema,
    handle: async (call) => jsonResponse(200, await shown(call)),
  },
  {
    method: 'PATCH',
    path: '/projects/:ref',
    least: 'admin',
    summary: 'Changes name, database or configuration; another database is tested first',
    request: object({
      'name?': text('For people', 100),
      'db_url?': databaseUrl,
      'config?': configuration,
    }),
    response: object({
      ...shownProjectSchema.properties,
      warnings: listOf(requirementSchema, 'What will not work in this database'),
    }),
    handle: async (call) => {
      const { name, db_url, config } = call.body as {
        name?: string
        db_url?: string
        config?: ConfigTree
      }
      const update: ProjectUpdate = {
        ...(name === undefined ? {} : { name }),
        ...(db_url === undefined ? {} : { databaseUrl: db_url }),
        ...(config === undefined ? {} : { config }),
      }
      const { warnings } = await call.parts.projects.update(call.ref, update, call.actor)
      return jsonResponse(200, await shown(call, { warnings }))
    },
  },
  step('pause', 'Answers its requests with 503 until it is resumed'),
  step('resume', 'Ends a pause'),
  {
    method: 'DELETE',
    path: '/projects/:ref',
    least: 'admin',
    summary: 'Deletes a project; it can be restored',
    response: projectSchema,
    handle: async (call) => {
      const removed = await call.parts.projects.remove(call.ref, call.actor)
      return jsonResponse(200, projectView(removed, await externalUrl(call)))
    },
  },
  step('restore', 'Brings a deleted project back as it was'),
  {
    method: 'POST',
    path: '/projects/:ref/purge',
    least: 'owner',
    summary: 'Forgets a deleted project and its secrets for good; its database stays',
    request: object({
      confirm: text('The ref once more', 100),
      'force?': flag('Although its replication slot cannot be dropped'),
    }),
    response: none,
    status: 204,
    handle: async ({ parts, ref, body, actor }) => {
      await parts.projects.purge(ref, body as { confirm: string; force?: boolean }, actor)
      return emptyResponse(204)
    },
  },
]

const configRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/config',
    least: 'developer',
    summary: 'What the project sets, secrets masked',
    response: configuration,
    handle: async ({ parts, ref }) =>
      jsonResponse(200, maskConfig((await parts.projects.show(ref)).record.config)),
  },
  {
    method: 'PATCH',
    path: '/projects/:ref/config',
    least: 'admin',
    summary: 'Merges into it; with problems nothing changes, and 400 lists them by option',
    request: configuration,
    response: configuration,
    handle: async ({ parts, ref, body, actor }) => {
      const found = await parts.projects.changeConfig(ref, body as ConfigTree, actor)
      if (found.length === 0)
        return jsonResponse(200, maskConfig((await parts.projects.show(ref)).record.config))
      return jsonResponse(400, {
        code: 'config_invalid',
        message: 'The configuration was not changed',
        problems: found.map(({ key, message }) => ({ key, message })),
      })
    },
  },
  {
    method: 'POST',
    path: '/projects/:ref/database/test',
    least: 'admin',
    summary: 'Whether its database, or another one, will do; 400 names everything that is missing',
    request: object({ 'db_url?': databaseUrl }),
    response: object({ warnings: listOf(requirementSchema) }),
    handle: async ({ parts, ref, body }) => {
      const { db_url } = body as { db_url?: string }
      return jsonResponse(200, { warnings: await parts.projects.testDatabase(ref, db_url) })
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/keys',
    least: 'developer',
    summary: 'Its API keys',
    response: keysSchema,
    handle: async ({ parts, ref }) =>
      jsonResponse(200, keysView((await parts.projects.show(ref)).record)),
  },
  {
    method: 'POST',
    path: '/projects/:ref/keys/rotate',
    least: 'admin',
    summary: 'Makes new keys; those of before are good for a while',
    request: object({
      'grace_seconds?': integer('Default a day; 0 ends all earlier ones at once', 0, 7_776_000),
      'signing?': oneOf(['HS256', 'ES256'], 'What tokens are signed with from now on'),
    }),
    response: keysSchema,
    handle: async ({ parts, ref, body, actor }) => {
      const { grace_seconds: grace = 86_400, signing } = body as {
        grace_seconds?: number
        signing?: SigningAlgorithm
      }
      const rotation = {
        graceMs: grace * 1000,
        ...(signing === undefined ? {} : { algorithm: signing }),
      }
      return jsonResponse(200, keysView(await parts.projects.rotateKeys(ref, rotation, actor)))
    },
  },
]

export const projectRoutes: readonly ApiRoute[] = [...lifecycleRoutes, ...configRoutes]

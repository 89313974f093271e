/** The fleet as a whole: audit log, usage, health, and this document. */
import { roleIn } from '#host/control-plane/operators'
import { jsonResponse } from '#base/http'
import {
  anyObject,
  apiErrors,
  integer,
  isoOf,
  listOf,
  moment,
  nullable,
  number,
  numberIn,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'

const entry = object({
  id: integer('Counts up'),
  at: moment('When'),
  actor: text('Who: an e-mail address, `cli`, or `project` for its own service key', 255),
  address: nullable(text('From where', 100)),
  action: text('What: `project.pause`', 100),
  ref: nullable(text('To which project', 40)),
  detail: anyObject('More of it; never a secret'),
})
const page: Readonly<Record<string, Schema>> = {
  before: integer('Entries older than this id', 1),
  limit: integer('Default 100', 1, 1000),
}

function pageOf(call: Call): { before?: number; limit?: number } {
  const before = numberIn(call, 'before', 1, Number.MAX_SAFE_INTEGER)
  const limit = numberIn(call, 'limit', 1, 1000)
  return { ...(before === null ? {} : { before }), ...(limit === null ? {} : { limit }) }
}

const hourMs = 3_600_000
const longestUsageMs = 400 * 24 * hourMs

/** @throws control_body_invalid */
function momentIn({ query }: Call, name: string, otherwise: number): number {
  const given = query.get(name)
  const value = given === null ? otherwise : Date.parse(given)
  if (Number.isNaN(value))
    throw apiErrors.control_body_invalid({ list: `${name}: expected a moment, ISO 8601` })
  return value
}

export const fleetRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/audit',
    least: 'admin',
    summary: 'What was done, the newest first; who is no owner sees that of their projects',
    query: page,
    response: listOf(entry),
    handle: async (call) => {
      const { memberships, operator } = call.caller
      const own = [...memberships.keys()].filter((ref) => roleIn(call.caller, ref) === 'admin')
      const refs = operator.role === 'owner' ? null : own
      return jsonResponse(200, await call.parts.audit.list({ refs, ...pageOf(call) }))
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/audit',
    least: 'admin',
    summary: 'What was done with a project',
    query: page,
    response: listOf(entry),
    handle: async (call) =>
      jsonResponse(200, await call.parts.audit.list({ refs: [call.ref], ...pageOf(call) })),
  },
  {
    method: 'GET',
    path: '/projects/:ref/usage',
    least: 'read-only',
    summary: 'Requests by hour',
    query: {
      from: moment('Default a day ago'),
      to: moment('Default now'),
    },
    response: listOf(
      object({
        hour: moment('Its beginning'),
        requests: integer('All'),
        errors: integer('Answered 5xx'),
        duration_ms: number('All together'),
      }),
    ),
    handle: async (call) => {
      const toMs = momentIn(call, 'to', call.parts.clock.now() + hourMs)
      const fromMs = Math.max(momentIn(call, 'from', toMs - 25 * hourMs), toMs - longestUsageMs)
      const hours = await call.parts.usage.list({ ref: call.ref, fromMs, toMs })
      return jsonResponse(
        200,
        hours.map(({ hourMs: at, requests, errors, durationMs }) => ({
          hour: isoOf(at),
          requests,
          errors,
          duration_ms: durationMs,
        })),
      )
    },
  },
  {
    method: 'GET',
    path: '/health',
    least: 'operator',
    summary: 'This node and the control database',
    response: object({
      status: oneOf(['ok'], 'Answered at all, it is'),
      control_database_ms: number('How long it took to answer'),
      node: nullable(anyObject('This node; null where there is none')),
    }),
    handle: async ({ parts, access }) =>
      jsonResponse(200, {
        status: 'ok',
        control_database_ms: await parts.ping(),
        node: (await access?.nodeHealth()) ?? null,
      }),
  },
  {
    method: 'GET',
    path: '/projects/:ref/health',
    least: 'read-only',
    summary: 'A project as it is on this node, and whether its database answers',
    response: object({
      status: oneOf(['active', 'paused', 'deleted'], 'As it is meant to be'),
      database: object({
        reachable: { type: 'boolean', description: 'It answers' },
        'ms?': number('How long it took'),
        'reason?': text('Why it does not'),
      }),
      node: nullable(anyObject('The project on this node; null where there is none')),
    }),
    handle: async ({ parts, access, ref }) => {
      const { record } = await parts.projects.show(ref)
      const [database, node] = await Promise.all([
        parts.inspector.probe(record),
        access?.stats(ref) ?? null,
      ])
      return jsonResponse(200, { status: record.status, database, node })
    },
  },
]

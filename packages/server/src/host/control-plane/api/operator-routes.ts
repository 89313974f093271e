/** Sessions, operators and their tokens. */
import {
  integer,
  isoOf,
  listOf,
  moment,
  nullable,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Schema } from '#host/control-plane/route'
import { operatorRoles } from '#host/control-plane/core'
import type { OperatorRole } from '#host/control-plane/core'
import { emptyResponse, jsonResponse } from '#base/http'
import { operatorSchema, operatorView } from './views.ts'

const role = oneOf(operatorRoles, 'What they may do at most; an owner does all, everywhere')
const password = text('12 to 256 characters', 1000)
const who = text('E-mail address', 255)
const none: Schema = { type: 'null' }

const session = object({
  token: text('Sent as Authorization: Bearer …'),
  expires_at: moment('An hour from now'),
  operator: operatorSchema,
})
const token = object({
  id: text('UUID', 36),
  name: text('What it is for', 100),
  email: who,
  created_at: moment('When it was made'),
  expires_at: nullable(moment('When it ends')),
  last_used_at: nullable(moment('When it was last used, to the minute')),
})

const sessionRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/sessions',
    least: 'anyone',
    summary: 'Signs an operator in',
    request: object({ email: who, password }),
    response: session,
    status: 201,
    handle: async ({ parts, body, actor }) => {
      const { email, password: given } = body as { email: string; password: string }
      const made = await parts.sessions.signIn(email, given, actor.address ?? '')
      return jsonResponse(201, {
        token: made.token,
        expires_at: isoOf(made.expiresMs ?? 0),
        operator: operatorView(made.operator),
      })
    },
  },
  {
    method: 'DELETE',
    path: '/sessions/current',
    least: 'operator',
    summary: 'Ends the session, or the token, of this request',
    response: none,
    status: 204,
    audit: 'session.end',
    handle: async ({ parts, caller }) => {
      await parts.sessions.end(caller.sessionId)
      return emptyResponse(204)
    },
  },
  {
    method: 'GET',
    path: '/me',
    least: 'operator',
    summary: 'Who asks, and of which projects they are a member',
    response: object({
      id: text('UUID', 36),
      email: who,
      role,
      projects: { type: 'object', additionalProperties: role, description: 'Role by ref' },
    }),
    handle: ({ caller: { operator, memberships } }) =>
      Promise.resolve(
        jsonResponse(200, { ...operator, projects: Object.fromEntries(memberships) }),
      ),
  },
]

const tokenRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/tokens',
    least: 'owner',
    summary: 'Tokens of programs',
    response: listOf(token),
    handle: async ({ parts }) => {
      const tokens = await parts.sessions.tokens()
      return jsonResponse(
        200,
        tokens.map((one) => ({
          id: one.id,
          name: one.name,
          email: one.email,
          created_at: isoOf(one.createdMs),
          expires_at: one.expiresMs === null ? null : isoOf(one.expiresMs),
          last_used_at: one.lastUsedMs === null ? null : isoOf(one.lastUsedMs),
        })),
      )
    },
  },
  {
    method: 'POST',
    path: '/tokens',
    least: 'owner',
    summary: 'Makes a token for programs, that is told once',
    request: object({
      email: who,
      name: { ...text('What it is for', 100), minLength: 1 },
      'days?': integer('How long it is good; without an end if it is left out', 1, 3650),
    }),
    response: object({
      id: text('UUID', 36),
      token: text('Told this one time'),
      expires_at: nullable(moment('When it ends')),
    }),
    status: 201,
    handle: async ({ parts, body, actor }) => {
      const { email, name, days } = body as { email: string; name: string; days?: number }
      const expiresMs = days === undefined ? null : parts.clock.now() + days * 86_400_000
      const made = await parts.sessions.createToken(email, { name, expiresMs }, actor)
      const expires = expiresMs === null ? null : isoOf(expiresMs)
      return jsonResponse(201, { id: made.id, token: made.token, expires_at: expires })
    },
  },
  {
    method: 'DELETE',
    path: '/tokens/:id',
    least: 'owner',
    summary: 'Revokes a token of programs',
    response: none,
    status: 204,
    handle: async ({ parts, params, actor }) => {
      await parts.sessions.revokeToken(params['id'] ?? '', actor)
      return emptyResponse(204)
    },
  },
]

export const operatorRoutes: readonly ApiRoute[] = [
  ...sessionRoutes,
  {
    method: 'GET',
    path: '/operators',
    least: 'owner',
    summary: 'All operators',
    response: listOf(operatorSchema),
    handle: async ({ parts }) =>
      jsonResponse(200, (await parts.operators.list()).map(operatorView)),
  },
  {
    method: 'POST',
    path: '/operators',
    least: 'owner',
    summary: 'Makes an operator',
    request: object({ email: who, role, password }),
    response: operatorSchema,
    status: 201,
    handle: async ({ parts, body, actor }) => {
      const input = body as { email: string; role: OperatorRole; password: string }
      return jsonResponse(201, operatorView(await parts.operators.create(input, actor)))
    },
  },
  {
    method: 'PATCH',
    path: '/operators/:operator',
    least: 'owner',
    summary: 'Changes role or password, by id or e-mail address; with a new password sessions end',
    request: object({ 'role?': role, 'password?': password }),
    response: operatorSchema,
    handle: async ({ parts, params, body, actor }) => {
      const change = body as { role?: OperatorRole; password?: string }
      const changed = await parts.operators.update(params['operator'] ?? '', change, actor)
      return jsonResponse(200, operatorView(changed))
    },
  },
  {
    method: 'DELETE',
    path: '/operators/:operator',
    least: 'owner',
    summary: 'Deletes an operator with all sessions and tokens',
    response: none,
    status: 204,
    handle: async ({ parts, params, actor }) => {
      await parts.operators.remove(params['operator'] ?? '', actor)
      return emptyResponse(204)
    },
  },
  ...tokenRoutes,
]

/** A token that lives for a minute, for trying things as somebody: the page keeps it in memory alone. */
import {
  anyObject,
  forward,
  integer,
  liveRecord,
  nullable,
  object,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { isJsonObject, uuid } from '#base/kernel'
import { systemRandom } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { signToken, signingKeyOf } from '#base/token'
import { runningErrors } from './errors.ts'

const seconds = 60

interface TokenBody {
  readonly user_id?: string
  readonly role?: string
  readonly claims?: JsonObject
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** As Auth knows them. @throws studio_user_not_found */
async function userOf(call: Call, id: string): Promise<JsonObject> {
  if (!uuidPattern.test(id)) throw runningErrors.studio_user_not_found()
  const empty = { ...call, request: { ...call.request, method: 'GET', query: '' } }
  const answer = await forward(empty, `/auth/v1/admin/users/${id}`)
  if (answer.status !== 200 || typeof answer.body !== 'string')
    throw runningErrors.studio_user_not_found()
  const user: unknown = JSON.parse(answer.body)
  if (!isJsonObject(user)) throw runningErrors.studio_user_not_found()
  return user
}

function claimsOf(user: JsonObject | null, now: number): JsonObject {
  if (user === null) return { role: 'anon' }
  return {
    sub: user['id'] as string,
    aud: 'authenticated',
    email: user['email'] ?? '',
    phone: user['phone'] ?? '',
    app_metadata: user['app_metadata'] ?? {},
    user_metadata: user['user_metadata'] ?? {},
    role: user['role'] ?? 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'studio', timestamp: now }],
    session_id: uuid(systemRandom),
    is_anonymous: user['is_anonymous'] ?? false,
  }
}

async function mint(call: Call) {
  const { user_id: userId, role, claims = {} } = call.body as TokenBody
  const { keys } = await liveRecord(call)
  const apiUrl = await externalUrlOf(call)
  const user = userId === undefined ? null : await userOf(call, userId)
  const now = Math.floor(call.parts.clock.now() / 1000)
  const all: JsonObject = {
    iss: `${apiUrl ?? ''}/auth/v1`,
    ...claimsOf(user, now),
    ...(role === undefined ? {} : { role }),
    ...claims,
    iat: now,
    exp: now + seconds,
  }
  return jsonResponse(200, {
    access_token: signToken(all, signingKeyOf(keys)),
    expires_in: seconds,
    anon_key: keys.anonKey,
    api_url: apiUrl,
    claims: all,
    user,
  })
}

async function externalUrlOf({ parts, ref }: Call): Promise<string | null> {
  return (await parts.settings.get('external_url'))?.replace('<ref>', ref) ?? null
}

export const tokenRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/projects/:ref/tokens',
    least: 'developer',
    summary: 'A token of a user or a role that is good for a minute',
    request: object({
      'user_id?': text('UUID', 36),
      'role?': text('In place of the user’s; default anon without a user', 63),
      'claims?': anyObject('Over those of the user'),
    }),
    response: object({
      access_token: text('Sent as Authorization: Bearer …', 100_000),
      expires_in: integer('Seconds'),
      anon_key: text('Sent as apikey'),
      api_url: nullable(text('Where the project is')),
      claims: anyObject('What is in it'),
      user: { type: ['object', 'null'], additionalProperties: true },
    }),
    audit: 'token.mint',
    handle: mint,
  },
]

/** Where a user is signed in: listed and ended in the project's database, which Auth has no rows for. */
import { liveDatabase, listOf, nullable, object, text } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { emptyResponse, jsonResponse } from '#base/http'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { passOnErrors } from './errors.ts'

const pattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws studio_session_not_found */
function idOf({ params }: Call, name: string): string {
  const id = params[name] ?? ''
  if (!pattern.test(id)) throw passOnErrors.studio_session_not_found()
  return id
}

const listOfUser = (userId: string): Statement => sql`/* studio.listSessions */
  select id, to_json(created_at) #>> '{}' as created_at, to_json(refreshed_at) #>> '{}' as refreshed_at,
    to_json(not_after) #>> '{}' as not_after, aal::text, user_agent, host(ip) as ip
  from auth.sessions where user_id = ${userId} order by created_at desc limit 500`

async function endSessions(call: Call, statement: Statement) {
  const database = await liveDatabase(call)
  const ended = await database.as({}, (transaction) => transaction.rows(statement))
  if (ended.length === 0 && call.params['session'] !== undefined)
    throw passOnErrors.studio_session_not_found()
  return emptyResponse(204)
}

export const sessionRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/users/:id/sessions',
    least: 'developer',
    summary: 'Where a user is signed in, the newest first',
    response: listOf(
      object({
        id: text('UUID', 36),
        created_at: nullable(text('ISO 8601')),
        refreshed_at: nullable(text('ISO 8601, UTC')),
        not_after: nullable(text('ISO 8601')),
        aal: nullable(text('aal1 or aal2', 8)),
        user_agent: nullable(text('As the browser said')),
        ip: nullable(text('Where from', 64)),
      }),
    ),
    handle: async (call) => {
      const statement = listOfUser(idOf(call, 'id'))
      const database = await liveDatabase(call)
      return jsonResponse(
        200,
        await database.as({ readOnly: true }, (transaction) => transaction.rows(statement)),
      )
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/users/:id/sessions',
    least: 'developer',
    summary: 'Signs a user out everywhere: no token is refreshed any more',
    response: { type: 'null' },
    status: 204,
    audit: 'user.sign_out',
    handle: async (call) =>
      endSessions(
        call,
        sql`/* studio.endSessions */ delete from auth.sessions where user_id = ${idOf(call, 'id')} returning id`,
      ),
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/users/:id/sessions/:session',
    least: 'developer',
    summary: 'Ends one session',
    response: { type: 'null' },
    status: 204,
    audit: 'user.sign_out',
    handle: async (call) =>
      endSessions(
        call,
        sql`/* studio.endSession */ delete from auth.sessions
          where user_id = ${idOf(call, 'id')} and id = ${idOf(call, 'session')} returning id`,
      ),
  },
]

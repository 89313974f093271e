/** What a look over the project finds. */
import { listOf, liveDatabase, nullable, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { examine } from './doctor.ts'

export const doctorRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/doctor',
    least: 'read-only',
    summary: 'Checks of the project and its database',
    response: listOf(
      object({
        name: text('Of the check', 40),
        level: oneOf(['ok', 'warning', 'error'], 'How bad it is'),
        message: text('What was found', 10_000),
        remedy: nullable(text('What mends it', 1000)),
      }),
    ),
    handle: async (call) => {
      const database = await liveDatabase(call)
      const url = (await call.parts.settings.get('external_url'))?.replace('<ref>', call.ref)
      return jsonResponse(200, await examine(database, database.record, url ?? null))
    },
  },
]

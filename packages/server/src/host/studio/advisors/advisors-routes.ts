/** What a schema could do better. */
import { listOf, liveDatabase, nullable, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { advise } from './advise.ts'

export const advisorsRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/advisors',
    least: 'read-only',
    summary:
      'What could be reached by whom it should not be, and what costs more than it has to; of each kind at most 500',
    response: listOf(
      object({
        name: text('As Supabase’s splinter calls it'),
        level: oneOf(['ERROR', 'WARN', 'INFO'], 'How grave'),
        category: oneOf(['security', 'performance'], 'What it is about'),
        title: text('For people'),
        description: text('Why it matters'),
        schema: nullable(text('Where', 63)),
        object: text('What', 200),
        detail: text('What was found', 10_000),
        remedy: text('What to do'),
        fix_sql: nullable(text('SQL that does it; null where only people can decide', 500_000)),
      }),
    ),
    handle: async (call) => jsonResponse(200, await advise(await liveDatabase(call))),
  },
]

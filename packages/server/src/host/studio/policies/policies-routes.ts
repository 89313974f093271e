/** Policies: what they let whom do, templates, and trying one. */
import { liveDatabase, text } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { policiesErrors } from './errors.ts'
import { explainPolicies } from './explain-policies.ts'
import { policyPatterns } from './patterns.ts'
import type { PolicyQuestion } from './question.ts'
import { readMatrix } from './read-matrix.ts'
import { explainRequest, explainResponse, matrixSchema, patternsSchema } from './schemas.ts'

const timeoutMs = 120_000

/** Whatever is tried is undone. */
async function explain(call: Call): Promise<HttpResponse> {
  const database = await liveDatabase(call)
  const question = call.body as PolicyQuestion
  for (const [name, value] of Object.entries(question.row ?? {}))
    if (value !== null && typeof value !== 'string')
      throw policiesErrors.studio_explain_invalid({ reason: `${name}: a value is text or null` })
  const answer = await database.as(
    { role: 'postgres', isolation: 'repeatable read' },
    (transaction) => explainPolicies(transaction, question),
    { end: 'rollback', timeoutMs, cancellation: call.request.cancellation },
  )
  return jsonResponse(200, answer)
}

export const policiesRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/policies/matrix',
    least: 'read-only',
    summary:
      'For each table of a schema (default public), role and command: which rows can be reached, and by which policies',
    query: { schema: text('Default public', 63) },
    response: matrixSchema,
    handle: async (call) => {
      const database = await liveDatabase(call)
      return jsonResponse(
        200,
        await database.read(readMatrix(call.query.get('schema') ?? 'public')),
      )
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/policies/patterns',
    least: 'read-only',
    summary: 'Templates of policies',
    response: patternsSchema,
    handle: () => Promise.resolve(jsonResponse(200, policyPatterns)),
  },
  {
    method: 'POST',
    path: '/projects/:ref/policies/explain',
    least: 'developer',
    summary:
      'Which rows pass for whom, which policy refuses the others and which part of it is not true; whatever is tried is undone',
    request: explainRequest,
    response: explainResponse,
    audit: 'policies.explain',
    handle: explain,
  },
]

/** Why a row can or cannot be reached, for tests of policies. */
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { explainPolicies as explain } from '#host/studio/policies'
import type { PolicyExplanation, PolicyQuestion } from '#host/studio/policies'

/**
 * Tries `question` in the database at `url` and undoes it: which rows pass, and for those that do not which policy
 * refused them and which part of it was not true. `url` is of a user that may become `postgres`.
 */
export async function explainPolicies(
  url: string,
  question: PolicyQuestion,
): Promise<PolicyExplanation> {
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  const { settings } = ownSession
  const session = {
    role: 'postgres',
    settings: [...settings, ['search_path', '"$user", public, extensions'] as const],
    isolation: 'repeatable read' as const,
  }
  try {
    return await db.begin(session, (transaction) => explain(transaction, question), {
      end: 'rollback',
      prepare: false,
    })
  } finally {
    await db.close()
  }
}

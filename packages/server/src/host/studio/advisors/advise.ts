/** All looks at a project's schema, in one snapshot. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { decodeRows } from '#base/db'
import type { Transaction } from '#base/db'
import { isJsonObject } from '#base/kernel'
import { arrayLiteral } from '#base/sql'
import type { Advice, Finding, Lint } from './lint.ts'
import { performanceLints } from './performance-lints.ts'
import { adviceOf, findInitplans, initplanLint } from './policy-lints.ts'
import type { PolicyRow } from './policy-lints.ts'
import { securityLints } from './security-lints.ts'

const maxFindings = 500
const maxBytes = 2 * 1024 * 1024

export const lints: readonly Lint[] = [...securityLints, ...performanceLints]

/** The gravest first. */
export async function advise(database: ProjectDatabase): Promise<Advice[]> {
  const schemas = exposedSchemas(database)
  const found = await database.catalog(async (transaction) => {
    const advice: Advice[] = []
    for (const lint of lints)
      advice.push(...adviceOf(lint, await look<Finding>(transaction, lint, schemas)))
    const policies = await look<PolicyRow>(transaction, initplanLint, null)
    advice.push(...adviceOf(initplanLint, findInitplans(policies)))
    return advice
  })
  const levels = ['ERROR', 'WARN', 'INFO']
  return found.toSorted((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))
}

async function look<T>(
  transaction: Transaction,
  { name, query }: Lint,
  schemas: readonly string[] | null,
): Promise<T[]> {
  const values = schemas !== null && query.includes('$1') ? [arrayLiteral(schemas)] : []
  const statement = { name: `studio.${name}`, text: `/* studio.${name} */ ${query}`, values }
  return decodeRows<T>(await transaction.firstRows(statement, maxFindings, maxBytes))
}

/** What the API serves: as the project's own configuration says, else public. */
function exposedSchemas({ record }: ProjectDatabase): readonly string[] {
  const { api } = record.config
  const schemas = isJsonObject(api) ? api['schemas'] : undefined
  const names = Array.isArray(schemas) ? schemas.filter((name) => typeof name === 'string') : []
  return names.length > 0 ? names : ['public', 'graphql_public']
}

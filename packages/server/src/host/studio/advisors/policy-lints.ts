/** Policies that ask once a row what could be asked once a statement. */
import { rewriteExpression } from '#host/studio/policies'
import { quoteIdentifier } from '#base/sql'
import type { Advice, Finding, Lint } from './lint.ts'
import { foreign } from './lint.ts'

export const initplanLint: Lint = {
  name: 'auth_rls_initplan',
  level: 'WARN',
  category: 'performance',
  title: 'A policy asks who the caller is for each row',
  description:
    'auth.uid() and the like are the same for the whole statement: as (select auth.uid()) they are asked once.',
  remedy: 'Put the call into a subquery.',
  query: `select n.nspname as schema, c.relname as object, p.polname as policy,
      left(pg_get_expr(p.polqual, p.polrelid), 100000) as using, left(pg_get_expr(p.polwithcheck, p.polrelid), 100000) as check
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ${foreign} and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
      ~ '(auth\\.(uid|jwt|role|email)\\(|current_setting\\()' order by 1, 2, 3`,
}

export interface PolicyRow {
  readonly schema: string
  readonly object: string
  readonly policy: string
  readonly using: string | null
  readonly check: string | null
}

export function findInitplans(rows: readonly PolicyRow[]): Finding[] {
  return rows.flatMap(({ schema, object, policy, using, check }) => {
    const better = {
      using: using && rewriteExpression(using),
      check: check && rewriteExpression(check),
    }
    if (better.using === null && better.check === null) return []
    const parts = [
      ...(better.using === null ? [] : [` using (${better.using})`]),
      ...(better.check === null ? [] : [` with check (${better.check})`]),
    ]
    const on = `${quoteIdentifier(schema)}.${quoteIdentifier(object)}`
    const fix = `alter policy ${quoteIdentifier(policy)} on ${on}${parts.join('')};`
    return [
      { schema, object, detail: `${policy}: ${using ?? check ?? ''}`.slice(0, 2000), fix_sql: fix },
    ]
  })
}

export function adviceOf(lint: Lint, findings: readonly Finding[]): Advice[] {
  const { query: _, ...said } = lint
  return findings.map(({ schema, object, detail, fix_sql: fix }) => ({
    ...said,
    schema,
    object,
    detail,
    fix_sql: fix,
  }))
}

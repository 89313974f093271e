/** A script, run; and stopped. */
import { useRef, useState } from 'react'
import { call, projectPath } from '#studio/api'
import type { Identity } from '#studio/people'

export interface StatementResult {
  readonly statement: string
  readonly command: string | null
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly truncated: boolean
  readonly row_count: number
  readonly ms: number
  readonly plan?: unknown
}

export interface SqlFault {
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  /** From 1. */
  readonly position: number | null
  readonly statement: number
}

export interface SqlAnswer {
  readonly results: readonly StatementResult[]
  readonly error: SqlFault | null
  readonly notices: readonly string[]
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly read_only: boolean
}

export interface RunAsk {
  readonly query: string
  readonly identity: Identity
  readonly readOnly: boolean
  readonly limit: number
  readonly explain?: 'plan' | 'analyze'
}

export interface Ran {
  readonly answer: SqlAnswer | null
  /** The call itself failed. */
  readonly failure: unknown
  /** What was run, and where in the text of the editor it begins. */
  readonly query: string
}

export interface UsedSql {
  readonly ran: Ran | null
  /** Since when it runs; null: nothing does. */
  readonly since: number | null
  readonly run: (ask: RunAsk) => Promise<void>
  readonly cancel: () => void
}

export function useSql(ref: string): UsedSql {
  const [ran, setRan] = useState<Ran | null>(null)
  const [since, setSince] = useState<number | null>(null)
  const id = useRef('')
  const run = async ({ query, identity, readOnly, limit, explain }: RunAsk): Promise<void> => {
    id.current = crypto.randomUUID()
    setSince(Date.now())
    try {
      const answer = await call<SqlAnswer>('POST', projectPath(ref, 'sql/run'), {
        body: {
          id: id.current,
          query,
          limit,
          read_only: readOnly,
          ...(identity.role === 'postgres' ? {} : { role: identity.role }),
          ...(identity.claims === null ? {} : { claims: identity.claims }),
          ...(explain === undefined ? {} : { explain }),
        },
      })
      setRan({ answer, failure: null, query })
    } catch (failure) {
      setRan({ answer: null, failure, query })
    }
    setSince(null)
  }
  const cancel = (): void => {
    call('POST', projectPath(ref, 'sql/cancel'), { body: { id: id.current } }).catch(() => {})
  }
  return { ran, since, run, cancel }
}

/** Statements that change every row of a table, as far as a look at the text tells. */
export function unbounded(query: string): string | null {
  const bare = query
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
  for (const statement of bare.split(';')) {
    const found = /^\s*(update|delete\s+from|truncate(?:\s+table)?)\s+(?:only\s+)?([\w."]+)/i.exec(
      statement,
    )
    if (found === null) continue
    const [, verb = '', table = ''] = found
    if (/^truncate/i.test(verb)) return `TRUNCATE empties ${table}.`
    if (!/\bwhere\b/i.test(statement))
      return `${verb.toUpperCase()} without WHERE reaches every row of ${table}.`
  }
  return null
}

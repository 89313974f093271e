/** As whom rows are read. */
import type { RowQuery } from './row-query.ts'

interface Reader {
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly readOnly: true
}

export function identityOf({ role, claims }: Pick<RowQuery, 'role' | 'claims'>): Reader {
  return {
    readOnly: true,
    ...(role === undefined ? {} : { role }),
    ...(claims === undefined ? {} : { claims }),
  }
}

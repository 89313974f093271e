/** GET /admin/audit: a page of the audit log, newest first. */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  authErrors,
  pageHeaders,
  readAll,
  readPage,
  requireAdmin,
  rfc3339,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { countAuditEntries, listAuditEntries } from './statements.ts'
import type { AuditPage, AuditRow } from './statements.ts'

export async function adminListAudit(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const page = readPage(context)
  const query = { ...readQuery(context.query.get('query') ?? ''), limit: page.size }
  const wanted: AuditPage = { ...query, offset: page.offset }
  const [counted, rows] = await readAll(
    context,
    countAuditEntries(wanted),
    listAuditEntries(wanted),
  )
  const total = decodeRows<{ total: number }>(counted as Result)[0]?.total ?? 0
  const entries = decodeRows<AuditRow>(rows as Result).map((entry) => ({
    ...entry,
    created_at: rfc3339(entry.created_at),
  }))
  return jsonResponse(200, entries, pageHeaders(context, page, total))
}

/** `action:login` → `{ scope: 'action', value: 'login' }` */
function readQuery(query: string): Pick<AuditPage, 'scope' | 'value'> {
  if (query === '') return { scope: null, value: '' }
  const colon = query.indexOf(':')
  const scope = colon < 0 ? query : query.slice(0, colon)
  if (scope !== 'author' && scope !== 'action' && scope !== 'type') {
    throw authErrors.invalid({ message: `Invalid query scope: ${scope}` })
  }
  return { scope, value: colon < 0 ? '' : query.slice(colon + 1) }
}

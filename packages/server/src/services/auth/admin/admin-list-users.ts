/** GET /admin/users: a page of accounts. */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  authErrors,
  pageHeaders,
  readAll,
  readPage,
  renderUser,
  requireAdmin,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import type { UserRow } from '#services/auth/sql'
import { countUsers, listUsers } from './statements.ts'

export async function adminListUsers(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const { audience, query } = context
  const page = readPage(context)
  const wanted = {
    audience,
    filter: query.get('filter') ?? '',
    direction: readDirection(query.get('sort') ?? ''),
    limit: page.size,
    offset: page.offset,
  }
  const [counted, rows] = await readAll(context, countUsers(wanted), listUsers(wanted))
  const total = decodeRows<{ total: number }>(counted as Result)[0]?.total ?? 0
  const users = decodeRows<UserRow>(rows as Result).map(renderUser)
  return jsonResponse(200, { users, aud: audience }, pageHeaders(context, page, total))
}

/** `created_at asc`; accounts can be sorted by nothing else. */
function readDirection(sort: string): 'asc' | 'desc' {
  if (sort === '') return 'desc'
  const [field, direction = 'asc', ...rest] = sort.trim().split(/\s+/)
  const known = direction.toLowerCase()
  if (field === 'created_at' && rest.length === 0 && (known === 'asc' || known === 'desc'))
    return known
  throw authErrors.invalid({ message: `Bad Sort Parameters: ${JSON.stringify(sort)}` })
}

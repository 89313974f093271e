/** Who may have written is told up to where, so that his next reads show it, on whichever node. */
import { addExposed } from './browser-rules.ts'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Authentication, ReadRouting } from '#base/service'

const cookieSeconds = 60
/** Whose GET may write: links in mails, functions. */
const writesByAnyMethod = new Set(['/auth/v1', '/functions/v1'])

/** Adds `x-basalt-lsn` and the cookie `basalt-lsn`. `request` is the one the service saw. */
export async function markWrite(
  response: HttpResponse,
  routing: ReadRouting,
  authentication: Authentication,
  request: HttpRequest,
  prefix: string,
): Promise<HttpResponse> {
  const { method } = request
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (reads && !writesByAnyMethod.has(prefix)) return response
  const position = await routing.noteWrite(authentication, request, prefix)
  if (position === null) return response
  const { headers } = response
  const before = headers['set-cookie']
  const cookie = `basalt-lsn=${position}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax`
  headers['set-cookie'] = before === undefined ? cookie : [before, cookie].flat()
  headers['x-basalt-lsn'] = position
  addExposed(headers, 'x-basalt-lsn')
  return response
}

/** Mail that was caught on this machine. */
import { apiErrors, liveRecord } from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'
import { bytesBody, emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { passOnErrors } from './errors.ts'

const anything: Schema = { description: 'As Mailpit answers' }

/** @throws studio_no_mail, studio_mail_not_found */
async function ask(call: Call, method: string, path: string, body = ''): Promise<HttpResponse> {
  if (call.access === null) throw apiErrors.control_no_node()
  await liveRecord(call)
  const { mail } = call.access
  if (mail === null) throw passOnErrors.studio_no_mail()
  const { cancellation } = call.request
  const { query } = call.request
  const request = { method, path, query, headers: {}, remoteAddress: '', cancellation }
  const answer = await mail({ ...request, body: bytesBody(Buffer.from(body)) })
  if (answer.status === 404) throw passOnErrors.studio_mail_not_found()
  return answer
}

const one = (call: Call): string => `/api/v1/message/${encodeURIComponent(call.params['id'] ?? '')}`

/** What strangers wrote: in a frame of its own, where nothing of it runs or is fetched. */
export const frame = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
}

export const mailRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/mail',
    least: 'developer',
    summary: 'Caught mail, the newest first: ?start, ?limit, ?query to search',
    response: anything,
    handle: (call) =>
      ask(call, 'GET', call.query.has('query') ? '/api/v1/search' : '/api/v1/messages'),
  },
  {
    method: 'GET',
    path: '/projects/:ref/mail/:id',
    least: 'developer',
    summary: 'One mail',
    response: anything,
    handle: (call) => ask(call, 'GET', one(call)),
  },
  {
    method: 'GET',
    path: '/projects/:ref/mail/:id/html',
    least: 'developer',
    summary: 'Its HTML, for a frame: nothing in it runs or is fetched',
    response: anything,
    handle: async (call) => {
      const answer = await ask(call, 'GET', one(call))
      const { HTML: html } = JSON.parse(String(answer.body as string)) as { HTML?: string }
      return { status: 200, headers: frame, body: html ?? '' }
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/mail',
    least: 'developer',
    summary: 'Deletes all caught mail',
    response: { type: 'null' },
    status: 204,
    audit: 'mail.clear',
    handle: async (call) => {
      await ask(call, 'DELETE', '/api/v1/messages')
      return emptyResponse(204)
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/mail/:id',
    least: 'developer',
    summary: 'Deletes one mail',
    response: { type: 'null' },
    status: 204,
    audit: 'mail.delete',
    handle: async (call) => {
      const body = JSON.stringify({ IDs: [call.params['id']] })
      await ask(call, 'DELETE', '/api/v1/messages', body)
      return emptyResponse(204)
    },
  },
]

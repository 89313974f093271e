/** What of Mailpit's API test code uses (`/api/v1/…`), and the page. */
import { createRouter, jsonResponse, readJson, textResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { isJsonObject } from '#base/kernel'
import { renderList, renderMail } from './inbox-page.ts'
import { searchMails } from './mailbox.ts'
import type { Mail, Mailbox } from './mailbox.ts'

interface Call {
  readonly mailbox: Mailbox
  readonly request: HttpRequest
  readonly query: URLSearchParams
  readonly id: string
}

type Handler = (call: Call) => HttpResponse | Promise<HttpResponse>

const router = createRouter<Handler>([
  { method: 'GET', pattern: '/', handler: ({ mailbox }) => page(renderList(mailbox.list())) },
  { method: 'GET', pattern: '/view/:id', handler: (call) => withMail(call, showMail) },
  { method: 'GET', pattern: '/api/v1/info', handler: getInfo },
  { method: 'GET', pattern: '/api/v1/messages', handler: listMails },
  { method: 'DELETE', pattern: '/api/v1/messages', handler: deleteMails },
  { method: 'GET', pattern: '/api/v1/search', handler: findMails },
  { method: 'DELETE', pattern: '/api/v1/search', handler: deleteFound },
  { method: 'GET', pattern: '/api/v1/message/:id', handler: (call) => withMail(call, getMail) },
  { method: 'GET', pattern: '/api/v1/message/:id/raw', handler: (call) => withMail(call, getRaw) },
])

export async function answerInbox(mailbox: Mailbox, request: HttpRequest): Promise<HttpResponse> {
  const found = router.match(request.method, request.path)
  if (found === null) return textResponse(404, '404 page not found\n')
  if ('allowed' in found) return textResponse(405, 'Method not allowed\n')
  const query = new URLSearchParams(request.query)
  return found.handler({ mailbox, request, query, id: found.params['id'] ?? '' })
}

/** Mails are strangers' HTML: nothing in them runs, nothing is fetched. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
}

function page(body: string): HttpResponse {
  return { status: 200, headers: { ...pageHeaders }, body }
}

function withMail({ mailbox, id }: Call, answer: (mail: Mail) => HttpResponse): HttpResponse {
  const mail = mailbox.find(id)
  return mail === null ? textResponse(404, 'Error: message not found\n') : answer(mail)
}

const showMail = (mail: Mail): HttpResponse => page(renderMail(mail))

function getMail(mail: Mail): HttpResponse {
  const { raw: _raw, Created, ...rest } = mail
  const empty = { Attachments: [], Inline: [], Tags: [], ReturnPath: mail.From.Address }
  return jsonResponse(200, { ...rest, Date: Created, ...empty })
}

const getRaw = ({ raw }: Mail): HttpResponse => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: raw,
})

function getInfo({ mailbox }: Call): HttpResponse {
  const count = mailbox.list().length
  return jsonResponse(200, { Version: 'basalt', Messages: count, Unread: count })
}

function listMails(call: Call): HttpResponse {
  return answerList(call, call.mailbox.list())
}

function findMails(call: Call): HttpResponse {
  return answerList(call, searchMails(call.mailbox.list(), call.query.get('query') ?? ''))
}

function answerList({ mailbox, query }: Call, mails: readonly Mail[]): HttpResponse {
  const start = Number(query.get('start') ?? 0) || 0
  const limit = Number(query.get('limit') ?? 50) || 50
  const messages = mails.slice(start, start + limit).map(summarise)
  const total = mailbox.list().length
  return jsonResponse(200, {
    total,
    unread: total,
    count: messages.length,
    messages_count: mails.length,
    messages_unread: mails.length,
    start,
    tags: [],
    messages,
  })
}

function summarise({ raw: _raw, Text, HTML: _html, ...mail }: Mail): object {
  const Snippet = Text.replaceAll(/\s+/g, ' ').slice(0, 250)
  return { ...mail, Read: false, Tags: [], Attachments: 0, Snippet }
}

/** `{ "IDs": ["…"] }`; all without any. */
async function deleteMails({ mailbox, request }: Call): Promise<HttpResponse> {
  const body = await readJson(request, 1024 * 1024)
  const ids = isJsonObject(body) ? (body['IDs'] ?? body['ids']) : null
  const wanted = Array.isArray(ids) && ids.length > 0 ? new Set<unknown>(ids) : null
  mailbox.remove(({ ID }) => wanted === null || wanted.has(ID))
  return textResponse(200, 'ok')
}

function deleteFound({ mailbox, query }: Call): HttpResponse {
  const found = new Set(searchMails(mailbox.list(), query.get('query') ?? ''))
  mailbox.remove((mail) => found.has(mail))
  return textResponse(200, 'ok')
}

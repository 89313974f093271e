/** respond: a plan and its outcome become an HTTP response. Body bytes pass through. */
import type { CallPlan, MutationPlan, ReadPlan, RunningPlan } from '#services/data-api/plan'
import { contentTypeOf, requestErrors } from '#services/data-api/request'
import type { ApiRequest } from '#services/data-api/request'
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { checkRows } from './checks.ts'
import { contentRange, rangeStatus } from './content-range.ts'
import { decodeBytea } from './decode-bytea.ts'
import { errorResponse } from './error-response.ts'
import type { Outcome, StreamedBody } from './outcome.ts'
import { preferenceApplied } from './preference-applied.ts'
import { chooseStatus, mergeHeaders } from './response-settings.ts'
import type { Headers } from './response-settings.ts'

/** A body on its way that the answer has no use for is cancelled. */
export function respond(plan: RunningPlan, request: ApiRequest, outcome: Outcome): HttpResponse {
  const { body } = outcome
  let used = false
  try {
    const response = respondTo(plan, request, outcome)
    used = response.body === body
    return response
  } finally {
    if (!used && isStreamed(body)) body.cancel()
  }
}

function isStreamed(body: Outcome['body']): body is StreamedBody {
  return body !== null && 'cancel' in body
}

function respondTo(plan: RunningPlan, request: ApiRequest, outcome: Outcome): HttpResponse {
  switch (plan.kind) {
    case 'read':
      return respondRead(plan, request, outcome)
    case 'mutation':
      return respondMutation(plan, request, outcome)
    case 'call':
      return respondCall(plan, request, outcome)
  }
}

/** The answer to OPTIONS. */
export function respondInfo(allow: string): HttpResponse {
  return emptyResponse(200, { allow, 'access-control-allow-origin': '*' })
}

/** The planner's lines, as asked for by `application/vnd.pgrst.plan`. */
export function respondExplain(
  plan: RunningPlan,
  request: ApiRequest,
  lines: readonly Uint8Array[],
): HttpResponse {
  const newline = new Uint8Array([0x0a])
  const headers = contentHeaders(plan, request)
  return { status: 200, headers, body: lines.flatMap((line) => [line, newline]) }
}

function respondRead(plan: ReadPlan, request: ApiRequest, outcome: Outcome): HttpResponse {
  checkRows(plan, outcome.page)
  const { offset } = request.range
  const { page, total } = outcome
  const status = rangeStatus(offset, page, total)
  const query = request.canonicalQuery
  const headers: Headers = {
    'content-range': contentRange(offset, page, total),
    'content-location': `/${encodeURIComponent(plan.name)}${query === '' ? '' : `?${query}`}`,
    ...contentHeaders(plan, request),
  }
  addApplied(headers, plan)
  if (status === 416) return outOfBounds(offset, total ?? 0, headers)
  return finish(outcome, status, headers, plan.headersOnly ? null : bodyOf(plan, outcome))
}

function respondCall(plan: CallPlan, request: ApiRequest, outcome: Outcome): HttpResponse {
  checkRows(plan, outcome.page)
  const { offset } = request.range
  const { page, total } = outcome
  const status = rangeStatus(offset, page, total)
  const headers: Headers = { 'content-range': contentRange(offset, page, total) }
  addApplied(headers, plan)
  if (returnsVoid(plan)) return finish(outcome, 204, headers, null)
  Object.assign(headers, contentHeaders(plan, request))
  if (status === 416) return outOfBounds(offset, total ?? 0, headers)
  return finish(outcome, status, headers, plan.headersOnly ? null : bodyOf(plan, outcome))
}

function returnsVoid({ routine: { returns } }: CallPlan): boolean {
  return !returns.isSet && returns.type.name === 'void' && returns.type.schema === 'pg_catalog'
}

function respondMutation(plan: MutationPlan, request: ApiRequest, outcome: Outcome): HttpResponse {
  const { kind } = plan.mutation
  const { page } = outcome
  const counted = plan.preferences.count === 'exact' || plan.preferences.count === 'estimated'
  const total = counted ? page : null
  const full = plan.preferences.representation === 'representation'
  const headers: Headers = {}
  if (kind === 'insert' || kind === 'delete') headers['content-range'] = contentRange(0, 0, total)
  if (kind === 'update') headers['content-range'] = contentRange(0, page, total)
  if (kind === 'insert' && outcome.location !== null) {
    headers['location'] = locationOf(plan.name, outcome.location)
  }
  addApplied(headers, plan)
  if (full) Object.assign(headers, contentHeaders(plan, request))
  return finish(
    outcome,
    mutationStatus(plan, outcome, full),
    headers,
    full ? bodyOf(plan, outcome) : null,
  )
}

/** An upsert that found every row there already has created nothing. */
function mutationStatus(plan: MutationPlan, { page, updated }: Outcome, full: boolean): number {
  const { mutation, preferences } = plan
  const inserted = page - updated
  switch (mutation.kind) {
    case 'insert':
      return inserted <= 0 && preferences.resolution === 'merge-duplicates' ? 200 : 201
    case 'upsert':
      return full ? (inserted > 0 ? 201 : 200) : 204
    default:
      return full ? 200 : 204
  }
}

/** `/todos?id=eq.1` */
function locationOf(name: string, keyJson: string): string {
  const key = JSON.parse(keyJson) as Record<string, string | null>
  const filters = Object.entries(key).map(([column, value]) => {
    const test = value === null ? 'is.null' : `eq.${value}`
    return `${encodeURIComponent(column)}=${encodeURIComponent(test)}`
  })
  return `/${encodeURIComponent(name)}?${filters.join('&')}`
}

/** What of the request decides the answer, for caches in between. */
const vary = 'Accept, Prefer, Range'

function contentHeaders({ mediaType, warnings }: RunningPlan, request: ApiRequest): Headers {
  const headers: Headers = { 'content-type': contentTypeOf(mediaType), vary }
  if (request.negotiatedByProfile) headers['content-profile'] = request.schema
  if (warnings.length > 0) headers['warning'] = warnings.join(', ')
  return headers
}

function addApplied(headers: Headers, plan: RunningPlan): void {
  const applied = preferenceApplied(plan.preferences)
  if (applied !== null) headers['preference-applied'] = applied
}

/** bytea is never streamed: its text is decoded as a whole. */
function bodyOf(plan: RunningPlan, { body }: Outcome): Outcome['body'] {
  return plan.rendering.kind === 'custom' && plan.rendering.isBytes && body instanceof Uint8Array
    ? decodeBytea(body)
    : body
}

function finish(
  outcome: Outcome,
  status: number,
  headers: Headers,
  body: Outcome['body'],
): HttpResponse {
  return {
    status: chooseStatus(outcome, status),
    headers: mergeHeaders(outcome, headers),
    body,
  }
}

function outOfBounds(offset: number, total: number, headers: Headers): HttpResponse {
  const error = requestErrors.PGRST103({
    details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
  })
  const response = errorResponse(error)
  return { ...response, headers: { ...headers, ...response.headers } }
}

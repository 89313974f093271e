/** Requests of a project: listed, followed, and each with its steps. */
import {
  anyObject,
  apiErrors,
  integer,
  isoOf,
  listOf,
  moment,
  nullable,
  number,
  numberIn,
  object,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { runningErrors } from './errors.ts'
import type { LoggedRequest, RequestFilter } from './request-ring.ts'
import { watchedOf } from './watched.ts'

const entry: Readonly<Record<string, Schema>> = {
  seq: integer('Counts up'),
  id: text('x-request-id', 128),
  at: moment('When it came'),
  method: text('GET, …', 40),
  path: text('Of its URL', 1000),
  query: text('Of the data API alone; others’ may have secrets in it', 1000),
  status: integer('Of the answer'),
  ms: number('How long it took'),
  route: text('The service: /rest/v1', 100),
  user_id: nullable(text('Of the token', 200)),
  ip: text('Where it came from; empty for calls inside the process', 100),
  user_agent: text('What asked', 200),
}
const list = object({
  requests: listOf(object(entry), 'The newest first'),
  last: integer('The newest there is'),
  dropped: integer('Between `after` and the oldest that is kept'),
  since: nullable(moment('They are kept since then')),
})
const filters: Readonly<Record<string, Schema>> = {
  status: text('200, or 5xx', 3),
  method: text('GET, …', 40),
  text: text('In path or query', 200),
  user_id: text('Of the token', 200),
  min_ms: integer('At least so slow'),
  before: integer('Older than this one'),
  after: integer('Newer than this one'),
  limit: integer('Default 200', 1, 1000),
}

function view(request: LoggedRequest): object {
  const { seq, id, atMs, method, path, query, status, ms, route } = request
  const of = { user_id: request.userId, ip: request.address, user_agent: request.userAgent }
  return { seq, id, at: isoOf(atMs), method, path, query, status, ms, route, ...of }
}

/** @throws control_body_invalid */
function filterOf(call: Call): RequestFilter {
  const { query } = call
  const named = (name: string): string | undefined => query.get(name) || undefined
  const counted = (name: string): number | undefined =>
    numberIn(call, name, 0, Number.MAX_SAFE_INTEGER) ?? undefined
  const status = named('status')
  if (status !== undefined && !/^[1-5](?:xx|\d\d)$/.test(status))
    throw apiErrors.control_body_invalid({ list: 'status: expected 404, or 4xx' })
  const given = {
    status,
    method: named('method')?.toUpperCase(),
    text: named('text'),
    userId: named('user_id'),
    minMs: counted('min_ms'),
    before: counted('before'),
    after: counted('after'),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

async function answerList(call: Call, waitMs: number) {
  const filter = filterOf(call)
  const limit = numberIn(call, 'limit', 1, 1_000) ?? 200
  const watched = await watchedOf(call)
  if (watched === null) return jsonResponse(200, { requests: [], last: 0, dropped: 0, since: null })
  const { requests, sinceMs } = watched
  const { after } = filter
  let found = requests.list(filter, limit)
  if (found.length === 0 && waitMs > 0) {
    const next = requests.wait(waitMs)
    const unlisten = call.request.cancellation.onCancel(() => next.cancel())
    await next.done
    unlisten()
    found = requests.list(filter, limit)
  }
  return jsonResponse(200, {
    requests: found.map(view),
    last: requests.last,
    dropped: after === undefined ? 0 : Math.max(0, requests.first - 1 - after),
    since: isoOf(sinceMs),
  })
}

const longestWaitMs = 25_000

export const logRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/logs',
    least: 'read-only',
    summary: 'Its latest requests on this node, kept from the first look on: at most 5000',
    query: filters,
    response: list,
    handle: (call) => answerList(call, 0),
  },
  {
    method: 'GET',
    path: '/projects/:ref/logs/stream',
    least: 'read-only',
    summary: 'As logs, and where there is none waits for the next',
    query: { ...filters, wait_ms: integer('Default 20000', 0, longestWaitMs) },
    response: list,
    handle: (call) => answerList(call, numberIn(call, 'wait_ms', 0, longestWaitMs) ?? 20_000),
  },
  {
    method: 'GET',
    path: '/projects/:ref/logs/:id',
    least: 'read-only',
    summary: 'One request with its steps, by its x-request-id',
    response: object({
      ...entry,
      steps: listOf(object({ name: text('What it did', 100), ms: number('For how long') })),
    }),
    handle: async (call) => {
      const watched = await watchedOf(call)
      const found = watched?.requests.find(call.params['id'] ?? '') ?? null
      if (found === null) throw runningErrors.studio_request_not_found()
      return jsonResponse(200, { ...view(found), steps: found.steps })
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/metrics',
    least: 'read-only',
    summary: 'Rates, times, pools and memory on this node: the last hour in steps of five seconds',
    response: object({
      step_ms: integer('Of each step'),
      since: nullable(moment('They are kept since then')),
      steps: listOf(
        anyObject(
          'at, ok, refused, failed, p50, p95, p99 (ms), pools, sockets, memory (bytes), loop_delay (ms)',
        ),
      ),
    }),
    handle: async (call) => {
      const watched = await watchedOf(call)
      const steps = watched?.series.steps ?? []
      return jsonResponse(200, {
        step_ms: 5_000,
        since: watched === null ? null : isoOf(watched.sinceMs),
        steps: steps.map(({ atMs, loopDelay, ...rest }) => ({
          at: isoOf(atMs),
          ...rest,
          loop_delay: loopDelay,
        })),
      })
    },
  },
]

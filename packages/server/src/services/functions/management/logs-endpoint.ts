/** `GET …/functions/<slug>/logs?after=&limit=&follow=true`: entries as JSON, or as lines that go on. */
import { jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { LogEntry } from '#services/functions/core'
import { managementErrors } from './errors.ts'
import { LineStream, jsonLines } from './line-stream.ts'
import type { Management } from './management.ts'

const maxLimit = 10_000
const maxFollowers = 32
/** By project: who follows one keeps nobody from another. */
const followers = new Map<string, number>()

export function readLogs(
  management: Management,
  request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  const { logs, registry } = management
  const query = new URLSearchParams(request.query)
  const after = numberOf(query, 'after', Number.MAX_SAFE_INTEGER)
  const limit = numberOf(query, 'limit', maxLimit) ?? 100
  const read = (): readonly LogEntry[] => {
    if (logs === null || limit === 0) return []
    if (after !== null) return logs.read({ slug, afterId: after, limit })
    return logs.read({ slug, afterId: 0, limit: Number.MAX_SAFE_INTEGER }).slice(-limit)
  }
  if (query.get('follow') !== 'true')
    return Promise.resolve(jsonResponse(200, read().map(describe)))
  if ((followers.get(registry.ref) ?? 0) >= maxFollowers)
    throw managementErrors.log_followers_too_many()
  countFollower(registry.ref, 1)
  let stop = (): void => {}
  const lines = new LineStream(request.cancellation, () => {
    countFollower(registry.ref, -1)
    stop()
  })
  for (const entry of read()) lines.push(describe(entry))
  stop =
    logs?.follow((entry) => {
      if (entry.slug === slug) lines.push(describe(entry))
    }) ?? stop
  return Promise.resolve({ status: 200, headers: { 'content-type': jsonLines }, body: lines })
}

function countFollower(ref: string, by: number): void {
  const count = (followers.get(ref) ?? 0) + by
  if (count === 0) followers.delete(ref)
  else followers.set(ref, count)
}

function numberOf(query: URLSearchParams, name: string, max: number): number | null {
  const text = query.get(name)
  if (text === null) return null
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max) return value
  throw managementErrors.log_query_invalid({ name, max })
}

function describe(entry: LogEntry): Record<string, unknown> {
  return {
    id: entry.id,
    time: new Date(entry.timeMs).toISOString(),
    slug: entry.slug,
    version: entry.version,
    request_id: entry.requestId,
    level: entry.level,
    kind: entry.kind,
    message: entry.message,
    ...(entry.status === undefined ? {} : { status: entry.status }),
    ...(entry.durationMs === undefined ? {} : { duration_ms: entry.durationMs }),
  }
}

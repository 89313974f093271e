/** The line of a request. */
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'
import { maskText } from '#base/kernel'
import type { Log, LogFields } from '#base/kernel'
import { maskHeaders, maskQuery } from './mask.ts'

export interface Line {
  readonly status: number
  readonly durationMs: number
  readonly userId: string | null
  readonly requestId: string
  readonly project: string
}

export type AccessLog = (request: HttpRequest, line: Line) => void

/** A token takes more; ids of requests and most paths less. */
const shortText = 40

export function createAccessLog(config: Config, log: Log): AccessLog {
  if (!config['basalt.log_requests']) return () => {}
  const sample = config['basalt.log.sample']
  const isSampled = sampler(sample)
  const slowMs = config['basalt.log.slow_request'] ?? Infinity
  const more = moreFields(config)
  return (request, { status, durationMs, userId, requestId, project }) => {
    if (sample < 1 && status < 400 && durationMs < slowMs && !isSampled()) return
    const { method, path } = request
    // asked every second or two, by each load balancer
    if (path === '/health' && status < 400) return
    const fields = {
      method,
      path: withoutSecrets(path),
      status,
      duration_ms: durationMs,
      user_id: userId,
      request_id: withoutSecrets(requestId),
      project,
    }
    // mostly there are no others, and a line is made of what is here
    log.info('request', more === null ? fields : { ...fields, ...more(request) })
  }
}

function withoutSecrets(text: string): string {
  return text.length < shortText ? text : maskText(text)
}

/** What is asked for besides; null where nothing is. */
function moreFields(config: Config): ((request: HttpRequest) => LogFields) | null {
  const addsQuery = config['basalt.log.query']
  const names = config['basalt.log.headers'].map((name) => name.toLowerCase())
  if (!addsQuery && names.length === 0) return null
  const redact = new Set(config['basalt.log.redact'].map((name) => name.toLowerCase()))
  return ({ query, headers }) => ({
    ...(addsQuery ? { query: maskQuery(query, redact) } : {}),
    ...(names.length > 0 ? { headers: maskHeaders(headers, names, redact) } : {}),
  })
}

/** True for `part` of the calls, evenly. */
function sampler(part: number): () => boolean {
  let owed = 0
  return () => {
    owed += part
    // ten times a tenth is less than one
    if (owed < 1 - 1e-9) return false
    owed -= 1
    return true
  }
}

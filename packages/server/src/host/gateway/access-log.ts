/** The line of a request. */
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'
import { maskText } from '#base/kernel'
import type { Log } from '#base/kernel'
import { maskHeaders, maskQuery } from './mask.ts'

export interface Line {
  readonly status: number
  readonly durationMs: number
  readonly userId: string | null
  readonly requestId: string
  readonly project: string
}

export type AccessLog = (request: HttpRequest, line: Line) => void

/** A token takes more. */
const shortPath = 40

export function createAccessLog(config: Config, log: Log): AccessLog {
  if (!config['basalt.log_requests']) return () => {}
  const isSampled = sampler(config['basalt.log.sample'])
  const slowMs = config['basalt.log.slow_request'] ?? Infinity
  const addsQuery = config['basalt.log.query']
  const headerNames = config['basalt.log.headers'].map((name) => name.toLowerCase())
  const redact = new Set(config['basalt.log.redact'].map((name) => name.toLowerCase()))
  return ({ method, path, query, headers }, line) => {
    const { status, durationMs, userId, requestId, project } = line
    if (status < 400 && durationMs < slowMs && !isSampled()) return
    log.info('request', {
      method,
      path: path.length < shortPath ? path : maskText(path),
      status,
      duration_ms: durationMs,
      user_id: userId,
      request_id: requestId,
      project,
      ...(addsQuery ? { query: maskQuery(query, redact) } : null),
      ...(headerNames.length > 0 ? { headers: maskHeaders(headers, headerNames, redact) } : null),
    })
  }
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

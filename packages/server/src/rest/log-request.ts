/** One line a request, from the level on that its status has: 5xx error, 4xx warn, the others info; none for `crit`. */
import type { HttpRequest } from '#http'
import type { Log } from '#kernel'
import type { RestConfig } from '#config'

export function logRequest(
  log: Log,
  level: RestConfig['log-level'],
  request: HttpRequest,
  status: number,
  startedAt: number,
): void {
  if (level === 'crit' || (status < 400 && (level === 'error' || level === 'warn'))) return
  const severity = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'
  log[severity]('request', {
    method: request.method,
    path: request.path,
    status,
    duration_ms: Math.round(performance.now() - startedAt),
  })
}

/** What is logged: one line a request, from the level on that its status has: 5xx error, 4xx warn, the others info; none for `crit`. */
import type { HttpRequest } from '#base/http'
import type { Log } from '#base/kernel'
import type { RestConfig } from '#base/config'

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

const levels = ['debug', 'info', 'warn', 'error'] as const

/** A log that leaves out what is below the level, which may change; `crit` has the errors too, without requests. */
export function leveledLog(log: Log, level: () => RestConfig['log-level']): Log {
  const at =
    (name: (typeof levels)[number]): Log['info'] =>
    (message, fields) => {
      const wanted = level()
      const least = wanted === 'crit' ? 'error' : wanted
      if (levels.indexOf(name) >= levels.indexOf(least)) log[name](message, fields)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

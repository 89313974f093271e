/** What is to be followed of requests, as the configuration says. */
import type { Config } from '#base/config'
import { systemRandom } from '#base/kernel'
import type { Log } from '#base/kernel'
import type { SpanExport } from '#host/observe/export'
import type { RequestObserver } from './observer.ts'

const localCollector = 'http://127.0.0.1:4318'

/** Null where nobody wants to know: then nothing of it is loaded. Rejects where a trace cannot be sent anywhere. */
export async function openObserver(config: Config, log: Log): Promise<RequestObserver | null> {
  const slowMs = config['basalt.log.slow_request']
  const endpoint = config['basalt.observability.tracing.endpoint']
  const isTraced = config['basalt.observability.tracing.enabled'] ?? endpoint !== null
  if (!isTraced && slowMs === null) return null
  const { Observer } = await import('./observer.ts')
  const { SlowRequests } = await import('./slow-requests.ts')
  return new Observer({
    config,
    random: systemRandom,
    traces: isTraced ? await openTraces(config, endpoint ?? localCollector, log) : null,
    slow: slowMs === null ? null : new SlowRequests(slowMs, config, log),
  })
}

async function openTraces(config: Config, endpoint: string, log: Log): Promise<SpanExport> {
  const { openSpanExport } = await import('#host/observe/export')
  return openSpanExport({
    endpoint,
    headers: config['basalt.observability.tracing.headers'],
    serviceName: config['basalt.observability.tracing.service_name'],
    log,
  })
}

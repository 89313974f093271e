/** OTLP over HTTP, protobuf: OpenTelemetry's exporter behind its bounded queue. */
import type { HrTime } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { maskText } from '#base/kernel'
import type { Log } from '#base/kernel'
import type { RecordedSpan, SpanExport } from './span.ts'

export interface SpanExportOptions {
  /** `http://127.0.0.1:4318`, or with the path of traces. */
  readonly endpoint: string
  /** `name=value,name=value`, values percent-encoded where they have to be. */
  readonly headers: string | null
  readonly serviceName: string
  readonly log: Log
}

/** Spans that wait, those that are sent at a time, and how often. */
const bounds = {
  maxQueueSize: 8192,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 500,
  exportTimeoutMillis: 5_000,
}

/** Rejects where OpenTelemetry is not installed. */
export async function openSpanExport(options: SpanExportOptions): Promise<SpanExport> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(options.endpoint),
    headers: parseHeaders(options.headers),
    timeoutMillis: bounds.exportTimeoutMillis,
    concurrencyLimit: 4,
  })
  const processor = new BatchSpanProcessor(warned(exporter, options), bounds)
  const resource = resourceFromAttributes({ 'service.name': options.serviceName })
  const scope = { name: 'basalt' }
  return {
    add: (spans) => {
      for (const span of spans) processor.onEnd(readable(span, resource, scope))
    },
    close: () => processor.shutdown().catch(() => {}),
  }
}

/** `http://host:4318` → `http://host:4318/v1/traces` */
export function tracesUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(
      `basalt.observability.tracing.endpoint has to be http://… or https://…, not ${maskText(endpoint)}`,
    )
  if (!url.pathname.endsWith('/v1/traces'))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}

export function parseHeaders(text: string | null): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((part) => part.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim().toLowerCase(), decode(pair.slice(at + 1).trim())]
    }),
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The first failure is told, and the first success after it. */
function warned(exporter: SpanExporter, { log, endpoint }: SpanExportOptions): SpanExporter {
  let isAway = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== 0
        if (failed && !isAway)
          log.warn('traces cannot be sent: those that find no room are dropped', {
            endpoint: maskText(endpoint),
            error: result.error?.message ?? 'refused',
          })
        if (!failed && isAway) log.info('traces are sent again', {})
        isAway = failed
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined
      ? {}
      : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  }
}

const kinds = { internal: 0, server: 1, client: 2 } as const
/** Sampled. */
const traceFlags = 1

function readable(
  { name, kind, traceId, spanId, parentSpanId, startMs, endMs, attributes, failure }: RecordedSpan,
  resource: ReadableSpan['resource'],
  instrumentationScope: ReadableSpan['instrumentationScope'],
): ReadableSpan {
  return {
    name,
    kind: kinds[kind],
    spanContext: () => ({ traceId, spanId, traceFlags }),
    ...(parentSpanId === null
      ? {}
      : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags } }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(Math.max(0, endMs - startMs)),
    status: failure === null ? { code: 0 } : { code: 2, message: failure },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}

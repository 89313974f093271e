/** export: what was recorded of requests, sent to a collector. Loads OpenTelemetry when it is opened. */
export type { RecordedSpan, SpanExport } from './span.ts'
export { openSpanExport } from './open-span-export.ts'
export type { SpanExportOptions } from './open-span-export.ts'

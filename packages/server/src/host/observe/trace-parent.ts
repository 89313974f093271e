/** `traceparent`, as W3C Trace Context has it. */

export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

const form = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

/** Null for what is none: the trace begins here. */
export function parseTraceParent(text: string | undefined): TraceParent | null {
  if (text === undefined || text.length > 512) return null
  const [, traceId = '', spanId = '', flags = '0'] = form.exec(text) ?? []
  // version 00 has no more fields
  if (traceId === '' || (text.startsWith('00') && text.length !== 55)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** Of a sampled one. */
export function printTraceParent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}

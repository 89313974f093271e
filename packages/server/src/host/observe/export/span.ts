/** One step of a request. */

export interface RecordedSpan {
  readonly name: string
  readonly kind: 'server' | 'internal' | 'client'
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly parentSpanId: string | null
  /** Unix milliseconds, with fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Why it failed. */
  readonly failure: string | null
}

export interface SpanExport {
  /** At once: where the collector is away or slow, what finds no room is dropped. */
  add(spans: readonly RecordedSpan[]): void
  /** Sends what is left, within a few seconds. */
  close(): Promise<void>
}

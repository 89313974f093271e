/** What one request did, step by step, in memory until it is answered. */
import type { Random } from '#base/kernel'
import type { Database, Session } from '#base/db'
import type { StepOptions } from '#base/service'
import type { Statement } from '#base/sql'
import type { RecordedSpan } from '#host/observe/export'
import { printTraceParent } from './trace-parent.ts'

/** Further steps are counted. */
const maxSpans = 200
const maxFailureChars = 300

/** A statement that ran, with what it takes to ask for its plan. */
export interface RanStatement {
  readonly statement: Statement
  readonly ms: number
  readonly session: Session | null
  readonly db: Database
}

/** A step under way. */
export interface Step {
  readonly record: RequestRecord
  /** Empty where nothing is traced. */
  readonly spanId: string
}

export class RequestRecord {
  readonly traceId: string | null
  readonly spans: RecordedSpan[] = []
  readonly statements: RanStatement[] = []
  dropped = 0
  readonly #random: Random
  /** Nothing belongs to it any more. */
  isOver = false

  /** `traceId` is null where nothing is traced. */
  constructor(traceId: string | null, random: Random) {
    this.traceId = traceId
    this.#random = random
  }

  begin(): Step {
    return { record: this, spanId: this.traceId === null ? '' : hex(this.#random.bytes(8)) }
  }

  /** For who is called next. */
  traceParentOf({ spanId }: Step): string | null {
    return this.traceId === null ? null : printTraceParent(this.traceId, spanId)
  }

  end(
    step: Step,
    parentSpanId: string | null,
    name: string,
    startMs: number,
    { kind = 'internal', attributes = {} }: StepOptions,
    failure: unknown = null,
  ): void {
    if (this.isOver || this.traceId === null) return
    if (this.spans.length >= maxSpans) {
      this.dropped++
      return
    }
    this.spans.push({
      name,
      kind,
      traceId: this.traceId,
      spanId: step.spanId,
      parentSpanId,
      startMs,
      endMs: nowMs(),
      attributes,
      failure: failure === null ? null : wordFailure(failure),
    })
  }

  ran(statement: RanStatement): void {
    if (this.isOver) return
    if (this.statements.length < maxSpans) this.statements.push(statement)
    else this.dropped++
  }
}

/** Unix milliseconds with fractions, which no change of the machine's time turns back. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function newTraceId(random: Random): string {
  return hex(random.bytes(16))
}

/** What Postgres says of an error may quote values: its code is enough. */
function wordFailure(failure: unknown): string {
  if (typeof failure !== 'object' || failure === null) return 'failed'
  const { code, name } = failure as { code?: unknown; name?: unknown }
  const text = typeof code === 'string' ? code : typeof name === 'string' ? name : 'failed'
  return text.slice(0, maxFailureChars)
}

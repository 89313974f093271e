/** run, for a large result: rows through a portal, in memory a few hundred kB of them (docs/decisions/0005). */
import { readOutcome } from '#services/data-api/response'
import type { Outcome, StreamedBody } from '#services/data-api/response'
import type { ApiRequest } from '#services/data-api/request'
import type { RenderedRows } from '#services/data-api/sql'
import { DatabaseError } from '#base/db'
import type { ByteStream, Session } from '#base/db'
import type { PreparedPlan } from './prepared-plans.ts'
import { bind, preRequestStatement, runOptions } from './run-statements.ts'
import type { RunContext } from './run-statements.ts'

/** Only what changes nothing: the answer begins before the transaction ends. */
export function isStreamable({ plan, rendered }: PreparedPlan, session: Session): boolean {
  const { rendering } = plan
  return (
    session.readOnly === true &&
    rendered.estimate === null &&
    plan.explain === null &&
    !(rendering.kind === 'custom' && rendering.isBytes)
  )
}

/** Postgres refuses to make a text of more than 1 GB. */
export function isTooLargeForCell(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '54000'
}

/** For plans whose `volume` has rows. */
export async function runByRow(
  prepared: PreparedPlan,
  request: ApiRequest,
  session: Session,
  context: RunContext,
): Promise<Outcome> {
  const rows = prepared.volume.rows() as RenderedRows
  const { preRequest } = context.options
  const before = preRequest === null ? [] : [preRequestStatement(preRequest)]
  const { head, body } = await context.db.streamRows(
    session,
    [...before, bind(rows, request)],
    rows.separator,
    runOptions(session, 'commit', context, prepared.leaves),
  )
  const whole = body.takeWhole()
  prepared.volume.learn(whole === null ? Number.POSITIVE_INFINITY : 0)
  const outcome = readOutcome(head, prepared.plan.kind)
  const [opening, closing] = [Buffer.from(rows.opening), Buffer.from(rows.closing)]
  return {
    ...outcome,
    body: whole === null ? framed(opening, body, closing) : [opening, ...whole, closing],
  }
}

function framed(opening: Uint8Array, rows: ByteStream, closing: Uint8Array): StreamedBody {
  return {
    length: null,
    cancel: () => rows.cancel(),
    async *[Symbol.asyncIterator]() {
      try {
        if (opening.length > 0) yield opening
        yield* rows
        if (closing.length > 0) yield closing
      } finally {
        rows.cancel()
      }
    },
  }
}

/** What a plan's statements are run with. */
import type { ApiRequest } from '#services/data-api/request'
import { bindValues } from '#services/data-api/sql'
import type { RenderedStatement } from '#services/data-api/sql'
import type { Database, RunOptions, Session } from '#base/db'
import type { Cancellation } from '#base/kernel'
import type { Statement } from '#base/sql'
import type { DataApiOptions } from './options.ts'

export interface RunContext {
  readonly db: Database
  readonly cancellation: Cancellation
  readonly timeoutMs: number
  readonly options: DataApiOptions
}

export function bind(
  { name, text, binders }: RenderedStatement,
  { values }: ApiRequest,
): Statement {
  return { name, text, values: bindValues(binders, values) }
}

export function preRequestStatement(routine: string): Statement {
  const name = 'dataApi.preRequest'
  return { name, text: `/* ${name} */ select ${routine}()`, values: [] }
}

export function runOptions(
  session: Session,
  ends: 'commit' | 'rollback',
  context: RunContext,
  leaves: NonNullable<RunOptions['leaves']>,
  stream = false,
): RunOptions {
  const { cancellation, timeoutMs } = context
  // what writes or may write runs to its end or its deadline, as with PostgREST: a page that is left has sent its change
  if (session.readOnly !== true) return { timeoutMs, end: ends, stream, leaves, lane: 'write' }
  return { timeoutMs, end: ends, stream, leaves, lane: 'read', cancellation }
}

/** Requests that took long are told with their statements, and on request with the plan of the slowest. */
import type { Config } from '#base/config'
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { Log } from '#base/kernel'
import type { RanStatement, RequestRecord } from './request-record.ts'

/** A request that was answered. */
export interface Answered {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly project: string
  readonly requestId: string
  readonly userId: string | null
}

const maxStatements = 5
const maxTextChars = 2_000
const maxPlanChars = 8_000
/** Planning costs Postgres time, when it has least of it. */
const planEveryMs = 10_000
const planTimeoutMs = 2_000
/** Lines a second: when everything is slow, one says as much as a thousand. */
const maxPerSecond = 20

const plannable = /^\s*(?:\/\*[^]*?\*\/\s*)?(?:select|with|insert|update|delete|merge|values)\b/i

export class SlowRequests {
  readonly #thresholdMs: number
  readonly #plans: boolean
  readonly #log: Log
  #plannedAtMs = -Infinity
  #second = 0
  #inSecond = 0

  constructor(thresholdMs: number, config: Config, log: Log) {
    this.#thresholdMs = thresholdMs
    this.#plans = config['basalt.log.slow_plans']
    this.#log = log
  }

  see(record: RequestRecord, answered: Answered): void {
    // a handshake's answer may take as long as its socket
    if (answered.ms < this.#thresholdMs || answered.status === 101) return
    if (!this.#hasRoom()) return
    const slowest = record.statements.toSorted((a, b) => b.ms - a.ms).slice(0, maxStatements)
    const { method, path, status, ms, project, requestId, userId } = answered
    const fields = {
      method,
      path,
      status,
      duration_ms: Math.round(ms),
      user_id: userId,
      request_id: requestId,
      project,
      statements: slowest.map(({ statement, ms: took }) => ({
        name: statement.name,
        ms: Math.round(took * 10) / 10,
        sql: statement.text.slice(0, maxTextChars),
      })),
      statement_count: record.statements.length + record.dropped,
    }
    const candidate = this.#plans ? slowest.find((ran) => isPlannable(ran)) : undefined
    if (candidate === undefined || performance.now() - this.#plannedAtMs < planEveryMs) {
      this.#log.warn('slow request', fields)
      return
    }
    this.#plannedAtMs = performance.now()
    void planOf(candidate).then((plan) =>
      this.#log.warn('slow request', {
        ...fields,
        plan_of: candidate.statement.name,
        plan: plan.slice(0, maxPlanChars),
      }),
    )
  }

  #hasRoom(): boolean {
    const second = Math.trunc(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond = 0
    }
    return this.#inSecond++ < maxPerSecond
  }
}

function isPlannable({ statement, session }: RanStatement): boolean {
  return session !== null && plannable.test(statement.text)
}

const prepared = 'basalt_explain'

/**
 * As who ran it, of the statement without its values: none gets into the log. Nothing is run: EXECUTE is what makes
 * EXPLAIN take a statement with parameters, and the generic plan is the same for all values.
 */
async function planOf({ statement, session, db }: RanStatement): Promise<string> {
  if (session === null) return ''
  const { text, values } = statement
  const given = values.length === 0 ? '' : `(${values.map(() => 'null').join(', ')})`
  const settings = [...session.settings, ['plan_cache_mode', 'force_generic_plan'] as const]
  const explain = (name: string, asked: string) => ({ name, text: asked, values: [] })
  try {
    const results = await db.transaction(
      { ...session, settings, readOnly: true },
      [
        explain('observe.prepare', `prepare ${prepared} as ${text}`),
        explain('observe.explain', `explain execute ${prepared}${given}`),
      ],
      { prepare: false, timeoutMs: planTimeoutMs },
    )
    const rows = decodeRows<{ 'QUERY PLAN': string }>(results[1] as Result)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } catch (error) {
    return `not to be had: ${error instanceof Error ? error.message : String(error)}`
  }
}

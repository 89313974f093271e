/** A step of a client transaction: parse → plan → render → run → respond, like a request, inside the transaction that is open. */
import { parseRequest, requestErrors } from '#services/data-api/request'
import type { ApiRequest } from '#services/data-api/request'
import {
  checkRows,
  readEstimate,
  readOutcome,
  respond,
  withEstimate,
} from '#services/data-api/response'
import type { Outcome } from '#services/data-api/response'
import { refusedRows } from '#services/data-api/sql'
import { bindReferences, resolveBody, transactionErrors } from '#services/data-api/transaction'
import type { ExactJson, Isolation, Results, Step } from '#services/data-api/transaction'
import { DatabaseError } from '#base/db'
import type { Session, Transaction } from '#base/db'
import type { HttpHeaders, HttpResponse } from '#base/http'
import type { Caller } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { PipelineContext } from './pipeline.ts'
import type { PreparedPlan } from './prepared-plans.ts'
import { bind, preRequestStatement } from './run-statements.ts'
import { createSession } from './session.ts'

export interface StepContext {
  readonly pipeline: PipelineContext
  readonly transaction: Transaction
  readonly isolation: Isolation
  readonly caller: Caller
  /** Of the request that brought the transaction. */
  readonly headers: HttpHeaders
  readonly results: Results
  readonly json: ExactJson
  /** Settings of steps before that others do not have. */
  readonly leftover: Set<string>
}

const encoder = new TextEncoder()

/** Resolves with what the step would have been answered alone; throws what it would have been refused with. */
export async function runStep(step: Step, context: StepContext): Promise<HttpResponse> {
  const { pipeline, json, results } = context
  const headers = { ...inherited(context.headers), ...step.headers }
  const { method, path, query } = step
  const body =
    step.body === undefined ? null : encoder.encode(json.write(resolveBody(step.body, results)))
  const parsed = parseRequest({ method, path, query, headers }, body, {
    ...pipeline.parse,
    txOverride: false, // how it ends is for the whole transaction to say
  })
  const request = bindReferences(parsed, step.refs, results, json)
  const { keeper } = pipeline
  // what is unknown stays so for now: waiting for a newer catalog here would hold a connection while asking for another
  const prepared = keeper.plans.find(request) ?? keeper.plans.prepare(request)
  if ('kind' in prepared) throw requestErrors.PGRST125()
  const session = createSession(
    prepared.plan,
    request,
    { method, path, headers },
    context.caller,
    keeper.plans.catalog,
    pipeline.session,
  )
  refuseIsolation(prepared, context)
  return respond(prepared.plan, request, await run(prepared, request, session, context))
}

/** What of the outer request SQL may still ask about. */
function inherited(headers: HttpHeaders): Record<string, string | undefined> {
  const own = ['prefer', 'range', 'content-length', 'accept-profile', 'content-profile']
  const kept = { ...headers }
  for (const name of own) delete kept[name]
  return kept
}

/** From weak to strict. */
const levels = ['read uncommitted', 'read committed', 'repeatable read', 'serializable']

/** A function that asks for an isolation level would not get it: a transaction has one. */
function refuseIsolation({ plan }: PreparedPlan, { isolation }: StepContext): void {
  if (plan.kind !== 'call') return
  const wanted = plan.routine.isolation
  if (wanted === null || levels.indexOf(wanted) <= levels.indexOf(isolation)) return
  throw transactionErrors.BTX01({
    details: `The function ${plan.routine.name} needs isolation '${wanted}': ask for it with the steps`,
  })
}

async function run(
  prepared: PreparedPlan,
  request: ApiRequest,
  session: Session,
  context: StepContext,
): Promise<Outcome> {
  const { plan, rendered } = prepared
  const { preRequest } = context.pipeline.options
  const before = sessionStatements(session, context.leftover)
  if (preRequest !== null) before.push(preRequestStatement(preRequest))
  const statements = [...before, bind(rendered.main, request)]
  if (rendered.estimate !== null) statements.push(bind(rendered.estimate, request))
  if (session.readOnly === true) statements.push(release)
  try {
    const results = await context.transaction.run(...statements)
    const outcome = readOutcome(results[before.length]?.rows[0] ?? [], plan.kind)
    if (rendered.estimate === null) return outcome
    return withEstimate(plan, outcome, readEstimate(results[before.length + 1]?.rows[0] ?? []))
  } catch (error) {
    const rows = error instanceof DatabaseError ? refusedRows(error.code, error.message) : null
    if (rows !== null) checkRows(plan, rows)
    throw error
  }
}

/** What SQL of one step leaves for its own response only. */
const perStep: readonly (readonly [string, string])[] = [
  ['response.headers', ''],
  ['response.status', ''],
  ['pgrst.updated', ''],
]

const lasting = /^(?:search_path|role|request\.|response\.|app\.|pgrst\.)/

/** The transaction takes on the step's session; what a step before had set for itself is put back. */
function sessionStatements(session: Session, leftover: Set<string>): Statement[] {
  const settings = [...perStep, ...session.settings, ['role', session.role ?? 'none'] as const]
  const statements: Statement[] = []
  if (leftover.size > 0) {
    statements.push(sql`/* dataApi.resetSettings */
      select count(set_config(name, reset_val, true)) from pg_catalog.pg_settings where lower(name) = any (${arrayLiteral([...leftover])})`)
    leftover.clear()
  }
  for (const [name] of session.settings) if (!lasting.test(name)) leftover.add(name.toLowerCase())
  statements.push(sql`/* dataApi.stepSession */
    select count(set_config(name, value, true)) from unnest(
      ${arrayLiteral(settings.map(([name]) => name))}::text[], ${arrayLiteral(settings.map(([, value]) => value))}::text[]
    ) as setting(name, value)`)
  if (session.readOnly === true) statements.push(savepoint, readOnly)
  return statements
}

/** A transaction cannot be made writable again, but what a savepoint forbids ends with it. */
const savepoint: Statement = {
  name: 'dataApi.savepoint',
  text: '/* dataApi.savepoint */ savepoint basalt_step',
  values: [],
}
const readOnly: Statement = {
  name: 'dataApi.readOnly',
  text: '/* dataApi.readOnly */ set local transaction_read_only = on',
  values: [],
}
const release: Statement = {
  name: 'dataApi.release',
  text: '/* dataApi.release */ release basalt_step',
  values: [],
}

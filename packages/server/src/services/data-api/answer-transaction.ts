/** `POST /rpc/transaction`: many requests in one transaction under the caller's rights, all or nothing (docs/transactions.md). */
import { requestErrors } from '#services/data-api/request'
import { ExactJson, parseBatch, Results, transactionErrors } from '#services/data-api/transaction'
import type { Batch, Isolation } from '#services/data-api/transaction'
import { ConnectionError, RowTooLarge } from '#base/db'
import type { RunOptions, Transaction } from '#base/db'
import { concatBytes } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError, TooMuchJson, uuid } from '#base/kernel'
import type { Caller, Scope } from '#base/service'
import { describeFailure } from './database-failure.ts'
import {
  findStored,
  isConflict,
  isLostRace,
  keeperSession,
  parseClaim,
  storeResponse,
  takeKey,
} from './idempotency.ts'
import type { Claim, StoredResponse } from './idempotency.ts'
import { isMissing } from './pipeline.ts'
import type { PipelineContext } from './pipeline.ts'
import { requireCaller } from './require-caller.ts'
import { endOf } from './run-plan.ts'
import { runStep } from './run-step.ts'
import type { StepContext } from './run-step.ts'
import { failureOf, StepError } from './step-error.ts'

/** A function of the project's own named `transaction` is called as ever. */
export function isTransaction(
  { method, path, headers }: HttpRequest,
  { keeper, options, parse }: PipelineContext,
): boolean {
  if (path !== '/rpc/transaction' || method !== 'POST' || !options.transactions) return false
  const schema = schemaOf(headers['content-profile'], parse)
  return keeper.plans.catalog.routines(schema, 'transaction').length === 0
}

function schemaOf(
  profile: string | undefined,
  { schemas, defaultAlias }: PipelineContext['parse'],
): string {
  const named = profile === defaultAlias ? undefined : profile
  return named ?? schemas[0] ?? 'public'
}

/** One transaction to be run: what is the same for each attempt. */
interface Work {
  readonly scope: Scope
  readonly context: PipelineContext
  readonly http: HttpRequest
  readonly caller: Caller
  readonly batch: Batch
  readonly json: ExactJson
  readonly isolation: Isolation
  readonly claim: Claim | null
}

export async function answerTransaction(
  scope: Scope,
  http: HttpRequest,
  context: PipelineContext,
): Promise<HttpResponse> {
  const { options, keeper, parse } = context
  const caller = requireCaller(scope.authentication, http.headers)
  const bytes = await http.body.read(Math.min(options.maxBodyBytes, maxBodyBytes))
  const json = new ExactJson(uuid(scope.project.random))
  const batch = parseBatch(readBody(bytes, json))
  const schema = schemaOf(http.headers['content-profile'], parse)
  if (!parse.schemas.includes(schema))
    throw requestErrors.PGRST106({ schema, schemas: parse.schemas })
  const claim = parseClaim(http.headers['idempotency-key'], caller, schema, bytes)
  const usual = keeper.plans.catalog.data.roleIsolation.get(caller.role)
  const isolation = batch.isolation ?? (usual as Isolation | undefined) ?? 'read committed'
  const work: Work = { scope, context, http, caller, batch, json, isolation, claim }
  try {
    return claim === null ? ok(await begin(work), false) : await runOnce(work, claim)
  } catch (error) {
    throw failure(error, caller.role === options.anonRole)
  }
}

/** Read and resolved at once: up to 50 ms. */
const maxBodyBytes = 1024 * 1024

/** Deeper than any document, and no danger to a stack. */
const maxDepth = 200

function readBody(bytes: Uint8Array, json: ExactJson): unknown {
  let value: unknown
  try {
    value = json.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    if (cause instanceof TooMuchJson)
      throw transactionErrors.BTX01({ details: `The body: ${cause.message}` }, cause)
    throw requestErrors.PGRST102({ message: 'Empty or invalid json' }, cause)
  }
  if (isDeeper(value, maxDepth))
    throw transactionErrors.BTX01({ details: `The body is nested more than ${maxDepth} deep` })
  return value
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1))
}

function failure(error: unknown, isAnonymous: boolean): unknown {
  if (error instanceof ConnectionError && error.failure === 'deadline')
    return transactionErrors.BTX04(undefined, error)
  if (error instanceof RowTooLarge) return transactionErrors.BTX03(error, error)
  return describeFailure(error, isAnonymous)
}

/** The stored response, or that of a run which stores it. Losing a race means that there is a stored one now. */
async function runOnce(work: Work, claim: Claim): Promise<HttpResponse> {
  const { apiDb } = work.scope.project
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0 || work.isolation !== 'read committed') {
      const stored = await findStored(apiDb, claim, runOptions(work))
      if (stored !== null) return ok(stored, true)
    }
    try {
      let replayed: StoredResponse | null = null
      const fresh = await begin(work, async (transaction) => {
        replayed = await takeKey(transaction, claim)
        return replayed
      })
      return ok(fresh, replayed !== null)
    } catch (error) {
      if (!isLostRace(error)) throw error
      if (attempt > 0) throw isConflict(error) ? error : transactionErrors.BTX06(undefined, error)
    }
  }
}

type Claimed = (transaction: Transaction) => Promise<StoredResponse | null>

/** Runs it, and once more if a step met something unknown and the catalog turned out to be old. */
async function begin(work: Work, claimed: Claimed | null = null): Promise<StoredResponse> {
  const { keeper } = work.context
  const { plans } = keeper
  try {
    return await beginOnce(work, claimed)
  } catch (error) {
    if (!isMissing(error)) throw error
    await keeper.reloadForMissing()
    if (keeper.plans === plans) throw error
    return beginOnce(work, claimed)
  }
}

/** The transaction, from its beginning to its end. `claimed` may answer in place of the steps. */
function beginOnce(work: Work, claimed: Claimed | null): Promise<StoredResponse> {
  const session =
    work.isolation === 'read committed'
      ? keeperSession
      : { ...keeperSession, isolation: work.isolation }
  return work.scope.project.apiDb.begin(
    session,
    async (transaction) => {
      const stored = (await claimed?.(transaction)) ?? null
      if (stored !== null) return stored
      const response = { status: 200, body: await runSteps(work, transaction) }
      if (work.claim !== null) await storeResponse(transaction, work.claim, response)
      return response
    },
    runOptions(work),
  )
}

/** Prefer: tx=rollback, where it is allowed, tries a whole transaction. */
function runOptions({ scope, context: { options, parse, keeper }, http }: Work): RunOptions {
  const left = scope.deadlineMs - scope.project.clock.now()
  const asked = parse.txOverride
    ? /(?:^|,)\s*tx=(commit|rollback)\s*(?:,|$)/.exec(http.headers['prefer'] ?? '')?.[1]
    : undefined
  return {
    timeoutMs: Math.min(left, options.maxTransactionMs),
    lane: 'write',
    maxRowBytes: options.maxTransactionBytes,
    leaves: keeper.plans.mostLeft,
    end: endOf(options.txEnd, (asked as 'commit' | 'rollback' | undefined) ?? null),
  }
}

/** The results as a JSON list. */
async function runSteps(work: Work, transaction: Transaction): Promise<string> {
  const { context, caller, batch, json, http, isolation } = work
  const results = new Results(json)
  const { anonRole, maxTransactionBytes: maxBytes } = context.options
  const { headers } = http
  const leftover = new Set<string>()
  const step: StepContext = {
    pipeline: context,
    transaction,
    isolation,
    caller,
    headers,
    results,
    json,
    leftover,
  }
  const parts: string[] = []
  let length = 0
  for (const [index, asked] of batch.steps.entries()) {
    try {
      const response = await runStep(asked, step)
      const text = textOf(response)
      if (response.status >= 400) throw failureOf(response, text)
      results.add(asked.name, text)
      parts.push(resultOf(response, text))
      length += text.length
      if (length > maxBytes) throw transactionErrors.BTX03({ maxBytes })
    } catch (error) {
      const known = failure(error, caller.role === anonRole)
      throw known instanceof PlatformError ? new StepError(index, known) : known
    }
  }
  return `[${parts.join(',\n')}]`
}

const decoder = new TextDecoder()

function textOf({ body }: HttpResponse): string {
  if (body === null || typeof body === 'string') return body ?? ''
  if (body instanceof Uint8Array) return decoder.decode(body)
  // the data API's bodies are never streams inside a transaction
  const parts = body as readonly Uint8Array[]
  return decoder.decode(
    concatBytes(
      parts,
      parts.reduce((sum, { length }) => sum + length, 0),
    ),
  )
}

/** `{"status":201,"count":null,"body":[…]}`; the body as Postgres wrote it. */
function resultOf({ status, headers }: HttpResponse, text: string): string {
  const total = /\/(\d+)$/.exec(String(headers['content-range'] ?? ''))?.[1] ?? 'null'
  return `{"status":${status},"count":${total},"body":${text === '' ? 'null' : text}}`
}

function ok({ status, body }: StoredResponse, replayed: boolean): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(replayed ? { 'idempotency-replayed': 'true' } : {}),
    },
    body,
  }
}

/** Auth on a database of its own, called as the gateway calls it. For tests. */
import { setTimeout } from 'node:timers/promises'
import { createTestDatabase, unlimited } from '@basalt/server/testing'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { bytesBody, withErrorBoundary } from '#base/http'
import type { HttpRequest } from '#base/http'
import { neverCancelled, silentLog, systemRandom } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { verbatim, sql } from '#base/sql'
import type { Authentication, Project } from '#base/service'
import { createVerifier, defaultKeys } from '#base/token'
import type { Jwk, ProjectKeys } from '#base/token'
import { createAuth } from '#services/auth'
import type { AuthMail, Mailer, SmsSender } from '#services/auth/core'
import { defaultOutside } from '#services/auth/outside'
import type { Outgoing, Outside } from '#services/auth/outside'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Parsed JSON, or text that is none. */
  readonly body: any // oxlint-disable-line typescript/no-explicit-any
}

export interface CallOptions {
  readonly body?: unknown
  /** Sent as it is. */
  readonly rawBody?: string | Uint8Array
  readonly bearer?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default 127.0.0.1. */
  readonly remoteAddress?: string
}

export interface AuthFixture {
  call(method: string, target: string, options?: CallOptions): Promise<Answer>
  /** `config` for the calls that follow. */
  configure(config: Partial<Config>): void
  /** Sets the project's clock ahead. */
  advance(seconds: number): void
  /** Rows of a statement run as the superuser. */
  query(text: string): Promise<JsonObject[]>
  /** Statements run as the superuser. */
  script(text: string): Promise<void>
  /** Holds the lock `text` takes while `work` runs. */
  hold<T>(text: string, work: () => Promise<T>): Promise<T>
  /** Holds the lock `text` takes, starts `calls`, and lets go once all of them wait for it. */
  collide<T>(text: string, calls: readonly (() => Promise<T>)[]): Promise<T[]>
  readonly mails: AuthMail[]
  readonly keys: ProjectKeys
  /** Of the superuser. */
  readonly db: Database
  close(): Promise<void>
}

export interface FixtureOptions {
  readonly signingKeys?: readonly Jwk[]
  readonly refreshWaitMs?: number
  readonly outside?: Outside
  readonly sms?: SmsSender
  /** HTTP to providers. */
  readonly outgoing?: Outgoing
  /** Default one that keeps the mails. */
  readonly mailer?: Mailer
}

export async function openAuth(
  initial: Partial<Config> = {},
  options: FixtureOptions = {},
): Promise<AuthFixture> {
  const { signingKeys = [], refreshWaitMs = 5_000, outside = defaultOutside } = options
  const { sms, outgoing, mailer } = options
  const database = await createTestDatabase()
  const db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 16 })
  const keys = { ...defaultKeys(), signingKeys }
  const mails: AuthMail[] = []
  let aheadMs = 0
  const clock = { now: () => Date.now() + aheadMs }
  const verifier = createVerifier({ jwtSecret: keys.jwtSecret, jwks: { keys: signingKeys }, clock })
  const base = { ref: 'test', keys, verifier, db, apiDb: db, log: silentLog, clock }
  let config = defineConfig({ ...unlimited, ...initial })
  const definition = createAuth({
    refreshWaitMs,
    outside,
    ...(sms === undefined ? {} : { sms }),
    ...(outgoing === undefined ? {} : { outgoing }),
    mailer: mailer ?? { send: (_, mail) => Promise.resolve(void mails.push(mail)) },
  })

  async function call(method: string, target: string, options: CallOptions = {}): Promise<Answer> {
    const project: Project = {
      ...base,
      config,
      random: systemRandom,
      externalUrl: 'http://127.0.0.1:54321',
    }
    const service = await definition.open(project)
    const request = toRequest(method, target, options)
    const scope = {
      project,
      authentication: authenticate(options.bearer),
      requestId: 'test',
      log: silentLog,
      cancellation: neverCancelled,
      deadlineMs: clock.now() + 10_000,
    }
    const formatError = service.formatError.bind(service)
    const response = await withErrorBoundary(request, silentLog, formatError, () =>
      service.handle(scope, request),
    )
    return { ...response, body: parse(response.body as string | null) }
  }

  function authenticate(bearer: string | undefined): Authentication {
    if (bearer === undefined) {
      const caller = { role: 'anon', claims: {}, claimsJson: '{}' }
      return { ok: true, token: null, caller }
    }
    const verified = verifier.verify(bearer)
    if (!verified.ok) return verified
    const { claims, claimsJson } = verified
    const caller = { role: String(claims['role']), claims, claimsJson }
    return { ok: true, token: bearer, caller }
  }

  const query = (text: string): Promise<JsonObject[]> =>
    db.begin(ownSession, (transaction) => transaction.rows(sql`/* test.query */ ${verbatim(text)}`))

  const hold = <T>(text: string, work: () => Promise<T>): Promise<T> =>
    db.begin(ownSession, async (transaction) => {
      await transaction.script('test', text)
      return work()
    })

  async function collide<T>(text: string, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    const running = await hold(text, async () => {
      const started = calls.map((start) => start())
      while ((await query(waiting)).length < calls.length) await setTimeout(5)
      return started
    })
    return Promise.all(running)
  }

  return {
    call,
    collide,
    hold,
    configure: (next) => (config = defineConfig({ ...unlimited, ...initial, ...next })),
    advance: (seconds) => (aheadMs += seconds * 1000),
    query,
    script: (text) => db.begin(ownSession, (transaction) => transaction.script('test', text)),
    mails,
    keys,
    db,
    close: async () => {
      await db.close()
      await database.drop()
    },
  }
}

function toRequest(method: string, target: string, options: CallOptions): HttpRequest {
  const [path = '', query = ''] = target.split('?')
  const raw = options.rawBody ?? (options.body === undefined ? '' : JSON.stringify(options.body))
  return {
    method,
    path,
    query,
    headers: { 'user-agent': 'tests', ...options.headers },
    remoteAddress: options.remoteAddress ?? '127.0.0.1',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from(raw)),
  }
}

function parse(body: string | null): unknown {
  if (body === null || body === '') return null
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >
}

/** The API: a request is routed, its caller found and counted, its input checked, and then answered. */
import type { IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import type { CodeConfig } from '#config'
import { identify, KeyLimits, keyRoutes, KeyStore, openClient, UsageLog, UserStore } from '#caller'
import type { Caller, Context, Identify } from '#caller'
import { listen, stateOf } from '#postgres'
import type { Database } from '#postgres'
import { documentRoutes } from '#documents'
import {
  BodyReader,
  checkInput,
  clientAddress,
  defineRoute,
  parseObject,
  schema,
  rangesOf,
  Router,
  serve,
} from '#http'
import type { Answer, HttpCall, Route } from '#http'
import { ByteRate, CodeError, messageOf, Turns } from '#core'
import type { Log } from '#core'
import { AnswerCache } from '#answers'
import { NameCache } from '#names'
import { repositoryRoutes } from '#repository'
import { searchRoutes } from '#search'
import { webhookRoutes } from '#webhook'
import { HealthCheck, healthSchema } from './check-health.ts'
import { describeRoutes } from './describe-routes.ts'

export interface ApiOptions {
  readonly db: Database
  readonly config: CodeConfig
  readonly log: Log
}

export interface RunningApi {
  readonly url: string
  close(): Promise<void>
}

const closeMs = 10_000

export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { config, log } = options
  const api = new Api(options)
  const listening = await listen({
    url: config.directUrl,
    channels: ['code_api_keys', 'basalt_api_keys'],
    onNotification: (_, id) => api.forgetKey(id),
    onConnected: () => api.forgetKeys(),
    timeoutMs: config.queryTimeoutMs,
    log,
  })
  const serving = await serve({
    host: config.host,
    port: config.port,
    allowedOrigins: config.allowedOrigins,
    log,
    handle: (request) => api.handle(request),
  })
  api.url = serving.url
  return {
    url: serving.url,
    close: async () => {
      await serving.close(closeMs)
      await listening.close()
      await api.close()
    },
  }
}

const maxBodyBytes = 2_097_152
/**
 * Of one user: what GitHub sends is 25 MB at most, and some 20 kB mostly. In a minute, as 20 MB are 0.3 s of this thread; and in
 * a day, as payloads are kept for a week.
 */
function deliveryRates(): readonly ByteRate[] {
  return [new ByteRate(64 * 1_048_576, 60_000), new ByteRate(1_024 * 1_048_576, 86_400_000)]
}

/** Not what a column is of, or against a check of its table. */
const badData = /^(22|23514$)/

/** As a caller of its own: what asks nobody must not look for one. */
const nobody = new Proxy({} as Caller, {
  get() {
    throw new CodeError('unauthorized')
  },
})

/** Of the connections: short statements have a quarter for themselves, and one caller has no more than half. */
function searchTurns({ poolSize, searchTimeoutMs }: CodeConfig): Turns {
  return new Turns({
    most: Math.max(1, Math.floor(poolSize * 0.75)),
    mostOfOne: Math.max(1, Math.floor(poolSize / 2)),
    longestWaitMs: searchTimeoutMs,
    late: () =>
      new CodeError('search_too_expensive', {
        message: 'The search waited too long for others that are under way.',
        suggestions: ['Send fewer at a time.'],
      }),
  })
}

class Api {
  url = ''
  readonly #shared: Omit<Context, 'caller'>
  readonly #router: Router<Context>
  readonly #identify: Identify
  readonly #limits = new KeyLimits()
  readonly #usage: UsageLog
  readonly #bodies = new BodyReader()
  readonly #proxies: BlockList

  constructor({ config, db, log }: ApiOptions) {
    const supabase = openClient(config, config.serviceKey)
    const { nameCacheBytes, answerCacheBytes, cacheTtlMs } = config
    const names = nameCacheBytes === 0 ? null : new NameCache({ db, log, maxBytes: nameCacheBytes })
    const answers =
      answerCacheBytes === 0 || cacheTtlMs === 0
        ? null
        : new AnswerCache({ db, maxBytes: answerCacheBytes, keptMs: cacheTtlMs })
    this.#shared = {
      config,
      db,
      log,
      supabase,
      names,
      answers,
      turns: searchTurns(config),
      deliveries: deliveryRates(),
    }
    this.#identify = {
      keys: new KeyStore(db, config.cacheTtlMs),
      users: new UserStore(supabase),
    }
    this.#usage = new UsageLog(db, this.#limits, log)
    this.#proxies = rangesOf(config.trustedProxies)
    const health = new HealthCheck(db, supabase)
    const routes: Route<Context>[] = [...allRoutes, ...this.#ownRoutes(health)]
    this.#router = new Router(routes)
  }

  #ownRoutes(health: HealthCheck): Route<Context>[] {
    return [
      defineRoute<Context>({
        ...healthRoute,
        handle: async () => {
          const body = await health.read()
          return { status: body.status === 'ok' ? 200 : 503, body }
        },
      }),
      defineRoute<Context>({
        ...documentRoute,
        handle: () =>
          Promise.resolve({
            status: 200,
            body: describeRoutes([...allRoutes, healthRoute, documentRoute], this.url),
          }),
      }),
    ]
  }

  async handle(request: IncomingMessage): Promise<Answer> {
    const startedAt = performance.now()
    const url = parseUrl(request)
    const { route, path } = this.#router.find(request.method ?? '', url.pathname)
    const address = clientAddress(request, this.#proxies)
    if (route.permission === null)
      return this.#answer(route, { ...this.#shared, caller: nobody }, request, url, address, path)
    const caller = await identify(this.#identify, request, address, route.permission)
    const headers = caller.key === null ? {} : this.#limits.admit(caller.key, Date.now())
    const context = { ...this.#shared, caller }
    const answer = await this.#answer(route, context, request, url, address, path).catch(
      (error: unknown) => this.#failed(request, error),
    )
    if (caller.key !== null)
      this.#usage.add({
        keyId: caller.key.id,
        endpoint: url.pathname,
        method: route.method,
        status: answer.status,
        ms: performance.now() - startedAt,
        tokens: 0,
        atMs: Date.now(),
      })
    return { ...answer, headers: { ...headers, ...answer.headers } }
  }

  #answer(
    route: Route<Context>,
    context: Context,
    request: IncomingMessage,
    url: URL,
    address: string,
    path: Record<string, string>,
  ): Promise<Answer> {
    const given = { request, url, address, path }
    if (route.body === undefined && route.rawBodyBytes === undefined)
      return this.#run(route, context, { ...given, bytes: Buffer.alloc(0) })
    return this.#bodies.read(request, route.rawBodyBytes ?? maxBodyBytes, (bytes) =>
      this.#run(route, context, { ...given, bytes }),
    )
  }

  async #run(
    route: Route<Context>,
    context: Context,
    call: Omit<HttpCall, 'input'>,
  ): Promise<Answer> {
    const given =
      route.body === undefined ? Object.fromEntries(call.url.searchParams) : parseObject(call.bytes)
    const fields = route.body ?? route.query ?? {}
    const input = route.rawBodyBytes === undefined ? checkInput(fields, given) : {}
    try {
      return await route.handle(context, { ...call, input })
    } catch (error) {
      // what the database cannot read as what it should be
      if (badData.test(stateOf(error)))
        throw new CodeError('invalid_request', { details: { reason: messageOf(error) } })
      throw error
    }
  }

  /** Counted as any other answer. */
  #failed(request: IncomingMessage, error: unknown): Answer {
    if (error instanceof CodeError && error.status < 500)
      return { status: error.status, body: error, headers: error.headers }
    this.#shared.log('error', 'a request failed', {
      path: request.url?.slice(0, 200),
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      ...(error instanceof CodeError ? error.details : {}),
    })
    const told = error instanceof CodeError ? error : new CodeError('internal')
    return { status: told.status, body: told }
  }

  forgetKey(id: string): void {
    this.#identify.keys.forget(id)
  }

  forgetKeys(): void {
    this.#identify.keys.forgetAll()
  }

  async close(): Promise<void> {
    await this.#shared.names?.close()
    await this.#usage.close()
  }
}

const healthRoute = {
  method: 'GET',
  path: '/health',
  summary: 'How the service stands.',
  tag: 'service',
  permission: null,
  answers: healthSchema,
  badStatus: 503,
} as const
const documentRoute = {
  method: 'GET',
  path: '/api/v1/openapi.json',
  summary: 'This document.',
  tag: 'service',
  permission: null,
  answers: schema.anyObject,
} as const

export const allRoutes: readonly Route<Context>[] = [
  ...keyRoutes,
  ...repositoryRoutes,
  ...webhookRoutes,
  ...searchRoutes,
  ...documentRoutes,
]

function parseUrl({ url = '' }: IncomingMessage): URL {
  try {
    if (url.startsWith('/')) return new URL(url, 'http://host')
  } catch {
    // as below
  }
  throw new CodeError('invalid_request', { message: 'The path is not one.' })
}

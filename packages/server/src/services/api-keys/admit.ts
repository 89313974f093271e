/** From a customer's key to the caller of a request, or why not; and what is said and written of it afterwards. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Clock, PlatformError } from '#base/kernel'
import type { Authentication } from '#base/service'
import { apiKeyErrors } from './errors.ts'
import { isAllowedFrom } from './find-keys.ts'
import type { CustomerKey } from './find-keys.ts'
import type { RateWindow } from './rate-window.ts'
import type { SharedRates } from './shared-rates.ts'
import { nextMonthAt, usedOf } from './usage.ts'
import type { Count, Usage } from './usage.ts'

export interface Limits {
  readonly rates: SharedRates
  readonly usage: Usage
  readonly clock: Clock
}

export interface Admission {
  readonly authentication: Authentication
  /** What the request is to be answered with instead. */
  readonly refusal: PlatformError | null
  /** Adds the headers of the key's limits, and counts what was used. */
  answered(request: HttpRequest, response: HttpResponse): void
}

const nobody: Authentication = { ok: false, failure: 'key', message: 'Invalid API key' }
const nothing = (): void => {}

export function refuse(refusal: PlatformError): Admission {
  return { authentication: nobody, refusal, answered: nothing }
}

/** A request that is let in is counted; one that is not leaves no row. */
export function admit(key: CustomerKey | null, request: HttpRequest, limits: Limits): Admission {
  const nowMs = limits.clock.now()
  if (key === null || !isAlive(key, nowMs)) return refuse(apiKeyErrors.api_key_invalid())
  return new CountedRequest(key, limits, nowMs, refusalOf(key, request))
}

function refusalOf(key: CustomerKey, { remoteAddress }: HttpRequest): PlatformError | null {
  if (!isAllowedFrom(key, remoteAddress)) return apiKeyErrors.api_key_address()
  return key.mayRead ? null : apiKeyErrors.api_key_permission()
}

export function isAlive({ expiresAtMs, isBanned }: CustomerKey, nowMs: number): boolean {
  return !isBanned && (expiresAtMs === null || expiresAtMs > nowMs)
}

class CountedRequest implements Admission {
  readonly authentication: Authentication
  readonly refusal: PlatformError | null
  readonly #key: CustomerKey
  readonly #limits: Limits
  readonly #startedMs: number
  readonly #window: RateWindow
  readonly #count: Count

  constructor(key: CustomerKey, limits: Limits, nowMs: number, refusal: PlatformError | null) {
    this.authentication = key.authentication
    this.#key = key
    this.#limits = limits
    this.#startedMs = nowMs
    this.#window = limits.rates.windowOf(key.id)
    this.#count = limits.usage.countOf(key.id)
    this.refusal = refusal ?? this.#take()
  }

  answered({ path, method }: HttpRequest, response: HttpResponse): void {
    const nowMs = this.#limits.clock.now()
    this.#addHeaders(response.headers, nowMs)
    if (this.refusal !== null) return
    this.#limits.usage.record({
      keyId: this.#key.id,
      endpoint: path.length > mostPath ? path.slice(0, mostPath) : path,
      method,
      status: response.status,
      durationMs: Math.max(0, Math.round(nowMs - this.#startedMs)),
      tokens: tokensOf(path, response),
      atMs: this.#startedMs,
    })
  }

  #take(): PlatformError | null {
    const { rates, usage } = this.#limits
    const { id, rateLimit, monthlyQuota, used } = this.#key
    if (usedOf(this.#count, used) >= monthlyQuota)
      return apiKeyErrors.api_key_quota({ quota: monthlyQuota })
    if (!rates.take(id, this.#window, rateLimit, this.#startedMs))
      return apiKeyErrors.api_key_rate_limit({ limit: rateLimit })
    usage.count(this.#count, this.#startedMs)
    return null
  }

  #addHeaders(headers: HttpResponse['headers'], nowMs: number): void {
    const { rateLimit, monthlyQuota, used } = this.#key
    const window = this.#window
    const resetIn = secondsUntil(window.resetAt(nowMs), nowMs)
    const monthIn = secondsUntil(nextMonthAt(nowMs), nowMs)
    headers['x-ratelimit-limit'] = String(rateLimit)
    headers['x-ratelimit-remaining'] = String(Math.max(0, rateLimit - window.total(nowMs)))
    headers['x-ratelimit-reset'] = String(resetIn)
    headers['x-quota-limit'] = String(monthlyQuota)
    headers['x-quota-remaining'] = String(Math.max(0, monthlyQuota - usedOf(this.#count, used)))
    headers['x-quota-reset'] = String(monthIn)
    if (this.refusal?.status !== 429) return
    const waits = this.refusal.code === 'api_key_quota' ? monthIn : resetIn
    headers['retry-after'] = String(Math.max(1, waits))
  }
}

function secondsUntil(unixSeconds: number, nowMs: number): number {
  return Math.max(0, Math.ceil(unixSeconds - nowMs / 1000))
}

const mostPath = 512
const mostTokens = 2 ** 31 - 1

/** What a function says it used. */
function tokensOf(path: string, { headers }: HttpResponse): number {
  const said = path.startsWith('/functions/') ? headers['x-tokens-used'] : undefined
  if (typeof said !== 'string' || !/^\d{1,10}$/.test(said)) return 0
  return Math.min(mostTokens, Number(said))
}

/** Customers' keys of one project: taken while its configuration has them enabled. */
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import { migrate } from '#base/db'
import type { Database } from '#base/db'
import type { HttpRequest } from '#base/http'
import type { PlatformError } from '#base/kernel'
import type { Project, Repeated } from '#base/service'
import { sql } from '#base/sql'
import { customerKeyPrefix } from '#base/token'
import type { Verification, Verifier } from '#base/token'
import { admit, isAlive, refuse } from './admit.ts'
import type { Admission, Limits } from './admit.ts'
import { apiKeyErrors } from './errors.ts'
import { serviceSession } from './find-keys.ts'
import type { CustomerKey } from './find-keys.ts'
import { KeyStore } from './key-store.ts'
import { apiKeyMigrations } from './migrations.ts'
import { SharedRates } from './shared-rates.ts'
import { sweepUsage } from './sweep-usage.ts'
import { Usage } from './usage.ts'
import type { UsageStats } from './usage.ts'

export interface ApiKeysOptions {
  readonly project: Pick<Project, 'apiDb' | 'clock' | 'log' | 'config'>
  /** As the platform's own user: makes the tables. */
  readonly db: Database
  /** To the other nodes of the project. */
  readonly bus: Bus
}

interface Opened extends Limits {
  readonly store: KeyStore
  readonly sweeper: Repeated
  readonly stopListening: () => void
}

const channel = 'basalt_api_keys'
const retryMs = 5_000

export class ApiKeys {
  readonly stats: { readonly usage: UsageStats; refused: number } = {
    usage: { written: 0, dropped: 0, failed: 0 },
    refused: 0,
  }
  readonly #options: ApiKeysOptions
  #opened: Opened | null = null
  #turn: Promise<void> = Promise.resolve()
  #isClosed = false
  #beside: { readonly tokens: Verifier; readonly both: Verifier } | null = null

  constructor(options: ApiKeysOptions) {
    this.#options = options
  }

  /** Without it a request with a key is one with an unknown credential. */
  get isOpen(): boolean {
    return this.#opened !== null
  }

  /** The caller of a request that brings this key, and no other identity. */
  admit(key: string, request: HttpRequest): Admission | Promise<Admission> {
    const opened = this.#opened as Opened
    const found = opened.store.find(key)
    if (!(found instanceof Promise)) return this.#admit(found, request, opened)
    return found.then(
      (known) => this.#admit(known, request, opened),
      (error: unknown) => refuse(error as PlatformError),
    )
  }

  refuseConflict(): Admission {
    this.stats.refused++
    return refuse(apiKeyErrors.api_key_conflict())
  }

  /** Verifies keys as if they were tokens, and tokens. */
  beside(tokens: Verifier): Verifier {
    if (this.#opened === null) return tokens
    if (this.#beside?.tokens !== tokens) {
      const verify = (token: string): Verification => this.verify(token) ?? tokens.verify(token)
      this.#beside = { tokens, both: { verify, clear: () => tokens.clear() } }
    }
    return this.#beside.both
  }

  /** As the project's verifier would, of a key a request came with lately; null for what is no such key. */
  verify(token: string): Verification | null {
    if (this.#opened === null || !token.startsWith(customerKeyPrefix)) return null
    const key = this.#opened.store.peek(token)
    if (key === null || !key.mayRead || !isAlive(key, this.#options.project.clock.now()))
      return { ok: false, failure: 'key', message: 'Invalid API key' }
    const { claims, claimsJson } = key
    return { ok: true, claims, claimsJson }
  }

  /** Opens, closes or changes what the configuration says, one after the other. What fails is tried again. */
  use(config: Config): Promise<void> {
    return (this.#turn = this.#turn.then(() => this.#attempt(config)))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#turn
    await this.#close()
  }

  async #attempt(config: Config): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#use(config)
    } catch (error) {
      const { project } = this.#options
      project.log.error('API keys are enabled, and cannot be taken', { error: String(error) })
      setTimeout(() => void this.use(project.config), retryMs).unref()
    }
  }

  async #use(config: Config): Promise<void> {
    if (!config['basalt.api_keys.enabled']) return this.#close()
    if (this.#opened === null) await this.#open()
    await this.#tellLimits(config)
  }

  async #open(): Promise<void> {
    const { project, db, bus } = this.#options
    const { apiDb, clock, log } = project
    await migrate(db, apiKeyMigrations)
    const rates = new SharedRates(bus, clock)
    const usage = new Usage({ db: apiDb, clock, log, stats: this.stats.usage })
    const onRead = (key: CustomerKey, turn: number): void => usage.learn(key.id, key.used, turn)
    const store = new KeyStore({ db: apiDb, clock, onRead, turn: () => usage.turn })
    const stopListening = await apiDb.listen(
      channel,
      (id) => store.expire(id),
      () => store.expireAll(),
    )
    try {
      await rates.open()
    } catch (error) {
      stopListening()
      throw error
    }
    const kept = (): number => project.config['basalt.api_keys.usage_retention']
    const sweeper = sweepUsage(apiDb, kept, log)
    this.#opened = { store, rates, usage, clock, sweeper, stopListening }
  }

  /** What a user may ask for is checked in Postgres. */
  async #tellLimits(config: Config): Promise<void> {
    const most = (name: 'max_rate_limit' | 'max_monthly_quota' | 'max_keys_per_user') =>
      config[`basalt.api_keys.${name}`]
    await this.#options.project.apiDb.transaction(
      serviceSession,
      [
        sql`/* apiKeys.tellLimits */
          update basalt_keys.settings set (max_rate_limit, max_monthly_quota, max_keys_per_user) =
            (select ${most('max_rate_limit')}::pg_catalog.int4, ${most('max_monthly_quota')}::pg_catalog.int4, ${most('max_keys_per_user')}::pg_catalog.int4)
          where (max_rate_limit, max_monthly_quota, max_keys_per_user) is distinct from
            (${most('max_rate_limit')}::pg_catalog.int4, ${most('max_monthly_quota')}::pg_catalog.int4, ${most('max_keys_per_user')}::pg_catalog.int4)`,
      ],
      { lane: 'write', leaves: 'settings' },
    )
  }

  async #close(): Promise<void> {
    const opened = this.#opened
    this.#opened = null
    if (opened === null) return
    opened.stopListening()
    opened.rates.close()
    await opened.sweeper.close()
    await opened.usage.close()
  }

  #admit(key: CustomerKey | null, request: HttpRequest, opened: Opened): Admission {
    const admission = admit(key, request, opened)
    if (admission.refusal !== null) this.stats.refused++
    return admission
  }
}

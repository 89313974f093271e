/** What of the data API can be set, apart from the project's configuration. */
import type { CachePorts } from '#services/data-api/cache'
import type { OpenApiOptions } from './describe/openapi-options.ts'

export interface DataApiOptions {
  /** The role without a token: its missing privileges are 401 instead of 403. Null when there is none. */
  readonly anonRole: string | null
  readonly aggregates: boolean
  /** `application/vnd.pgrst.plan` is served. */
  readonly explain: boolean
  /** How transactions end, and whether `Prefer: tx=` may say otherwise. */
  readonly txEnd: 'commit' | 'commit-allow-override' | 'rollback' | 'rollback-allow-override'
  /** A function called first in every transaction, quoted and qualified; null for none. */
  readonly preRequest: string | null
  readonly maxBodyBytes: number
  /** Query parameters that are the gateway's and not filters. */
  readonly ignoredParameters: readonly string[]
  /** The response tells how long each stage took. */
  readonly serverTiming: boolean
  /** Settings of every transaction: `app.settings.…`. */
  readonly appSettings: readonly (readonly [name: string, value: string])[]
  /** Where changes of the schema are announced by NOTIFY; null listens to none. */
  readonly channel: string | null
  /** Settings of a function (`create function … set x`) that apply to the whole transaction of its call. */
  readonly hoistedSettings: readonly string[]
  /** A function that answers the root instead of the OpenAPI document, as `name` or `schema.name`; null for none. */
  readonly rootSpec: string | null
  readonly openApi: OpenApiOptions
  /** `POST /rpc/transaction` runs a list of requests in one transaction, unless the schema has a function of that name. */
  readonly transactions: boolean
  /** A client transaction takes no longer, and its results are no larger. */
  readonly maxTransactionMs: number
  readonly maxTransactionBytes: number
  /** Filters may name an embedded relation that has an alias by its own name too. */
  readonly legacyTargetNames: boolean
  /** Refuses to update or delete without a filter, as Supabase's databases do. */
  readonly safeUpdate: boolean
  /** What `basalt.cache` needs; null: nothing is cached. */
  readonly cache: CachePorts | null
}

export const defaultOptions: DataApiOptions = {
  anonRole: 'anon',
  aggregates: true,
  explain: false,
  txEnd: 'commit',
  preRequest: null,
  maxBodyBytes: 50 * 1024 * 1024,
  ignoredParameters: ['apikey'],
  serverTiming: false,
  appSettings: [],
  channel: 'pgrst',
  hoistedSettings: [
    'statement_timeout',
    'plan_filter.statement_cost_limit',
    'default_transaction_isolation',
  ],
  rootSpec: null,
  openApi: { mode: 'follow-privileges', security: false, proxyUri: null, basePath: '/rest/v1' },
  transactions: true,
  maxTransactionMs: 30_000,
  maxTransactionBytes: 16 * 1024 * 1024,
  legacyTargetNames: true,
  safeUpdate: false,
  cache: null,
}

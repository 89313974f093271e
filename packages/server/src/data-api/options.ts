/** What of the data API can be set, apart from the project's configuration. */

export interface DataApiOptions {
  /** The role without a token: its missing privileges are 401 instead of 403. */
  readonly anonRole: string
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
}

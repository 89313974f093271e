/** What a platform is made of: what its parts are opened with. */
import type { ExtraGauge } from '#host/gateway'
import type { SmtpMailerOptions } from '#services/auth'
import type { Expiry } from '#host/gateway'
import type { RequestObserver } from '#host/observe'
import type { FunctionsRuntime } from '#services/functions'
import type { BlobStore } from '#base/blob'
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import type { Database } from '#base/db'
import type { Clock, Log, Random } from '#base/kernel'
import type { Jwk } from '#base/token'

export interface PlatformOptions {
  readonly config: Config
  /**
   * `postgres://user:password@host/database` of the platform's own user (see docs: requirements); a pooler's where the
   * configuration has `basalt.db.direct_url`.
   */
  readonly databaseUrl: string
  /**
   * Where the project's jobs (pg_cron) run: `postgres://postgres:…@host/…`, of the role they belong to. Default: `databaseUrl`,
   * for jobs of its own user alone.
   */
  readonly jobsUrl?: string
  /** Of Postgres, where that is known. */
  readonly processors?: number
  /** Private JWKs (`supabase/signing_keys.json`): the first signs tokens, all verify. Without any, HS256 with `auth.jwt_secret`. */
  readonly signingKeys?: readonly Jwk[]
  /** Follows requests; null: nobody does. */
  readonly observer?: RequestObserver | null
  /** When certificates end, for the metrics. */
  readonly certificates?: Expiry
  readonly log?: Log
  readonly clock?: Clock
  readonly random?: Random
  /** Lets an operator use `/admin/v1` without the project's service key. */
  readonly operatorToken?: string
  /** Where mail goes, and its templates are, besides `[auth.email.smtp]`; without it, mail without a server is not sent. */
  readonly mail?: SmtpMailerOptions
  /** Where Storage keeps the bytes of objects; without it, in memory. The platform closes it. */
  readonly blobs?: BlobStore
  /** What functions run in, and where they come from; without it there are none. */
  readonly functions?: FunctionsRuntime
  /** Over which it hears other nodes of the same database; default that of `basalt.redis_url`, or none. The platform closes it. */
  readonly bus?: Bus
  /** How Auth's providers are reached; default the global one. */
  readonly fetch?: typeof fetch
  /** Whether requests of its SQL (pg_net) may reach this machine and private networks; default true. */
  readonly privateNetworks?: boolean
  /** Whether jobs (pg_cron) and requests of its SQL (pg_net) run; default true. Not in a copy that is only looked at. */
  readonly runsJobs?: boolean
  /** Metrics of what runs beside it. */
  readonly gauges?: readonly ExtraGauge[]
  /** Told what is being done while starting: `applying auth/0001_schema`. */
  readonly onProgress?: (step: string) => void
  /** Runs after the services' migrations and before anything is served: the place to apply a project's own. */
  readonly prepare?: (db: Database) => Promise<void>
}

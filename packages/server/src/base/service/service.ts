/** What a service is, and what it is given. */
import type { Config } from '#base/config'
import type { Database, Migration } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Cancellation, Clock, JsonObject, Log, PlatformError, Random } from '#base/kernel'
import type { ProjectKeys, TokenFailure, Verifier } from '#base/token'
import type { Following } from './following.ts'
import type { RequestSteps } from './watch.ts'
import type { Upgrade } from './web-socket.ts'

/** One project as its services see it. Everything that differs between projects is in here. */
export interface Project {
  /** `default` in the `start` shape. */
  readonly ref: string
  readonly config: Config
  readonly keys: ProjectKeys
  readonly verifier: Verifier
  /** Connected as the service's own login (`ServiceDefinition.login`), for its own statements. */
  readonly db: Database
  /** Connected as `authenticator`, which may become only the API roles: everything a caller's request runs goes here. */
  readonly apiDb: Database
  readonly readRouting?: ReadRouting | null
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Where clients reach the project, without a trailing slash: `http://127.0.0.1:54321`. */
  readonly externalUrl: string
}

/** Where reads go, where a project has read replicas. */
export interface ReadRouting {
  /** For the reads of one request: replicas that have what the caller wrote, else the primary. */
  databaseFor(caller: Caller, request: HttpRequest): Database
  /**
   * Behind a request that may have written: what its caller reads next shows it. Resolves with the position to tell him,
   * null when there is none. `prefix` is the service's.
   */
  noteWrite(
    authentication: Authentication,
    request: HttpRequest,
    prefix: string,
  ): Promise<string | null>
}

/** Who asks: the claims of a verified token, or the anonymous role without one. */
export interface Caller {
  /** The database role to assume. */
  readonly role: string
  readonly claims: JsonObject
  /** The claims as JSON text, for `request.jwt.claims`. */
  readonly claimsJson: string
  /** Of the API key of a customer of the project, which stands for its owner. */
  readonly apiKeyId?: string
}

/** The gateway verifies, the service words the refusal. `token` is the bearer value as received, or null. */
export type Authentication =
  | { readonly ok: true; readonly token: string | null; readonly caller: Caller }
  | { readonly ok: false; readonly failure: TokenFailure; readonly message: string }

/** Made once per request by the gateway. */
export interface Scope {
  readonly project: Project
  readonly authentication: Authentication
  readonly requestId: string
  readonly log: Log
  readonly cancellation: Cancellation
  /** Milliseconds since the epoch after which the answer is of no use. */
  readonly deadlineMs: number
  /** Of a request that is followed. */
  readonly following?: Following | null
  /** Of a request that is watched. */
  readonly steps?: RequestSteps | null
}

/** A service, known to the gateway by its prefix and opened once per project. */
export interface ServiceDefinition {
  /** `data-api`, `auth`, … */
  readonly name: string
  /** `/rest/v1`; the service sees the path without it. */
  readonly prefix: string
  readonly migrations: readonly Migration[]
  /**
   * The role its own statements log in as, which owns its schema (`supabase_auth_admin`); without one it has the callers'.
   * Never more than the project's owner: triggers and functions of the project run in these sessions.
   */
  readonly login?: string
  /** Preflights are its own to answer: the gateway hands them on. */
  readonly answersPreflight?: boolean
  open(project: Project): Promise<Service>
}

/** A service opened for one project. */
export interface Service {
  /** `request.path` begins behind the service's prefix: `/todos`. */
  handle(scope: Scope, request: HttpRequest): Promise<HttpResponse>
  /** Answers a WebSocket handshake; without it there are none. Throws what `formatError` words. */
  upgrade?(scope: Scope, request: HttpRequest): Promise<Upgrade>
  /** Words any error, the gateway's own included (413, 504, unknown 500), the way this service's clients expect it. */
  readonly formatError: (error: PlatformError, request: HttpRequest) => HttpResponse
  /** The project is closed soon: connections that stay open end now, what was asked is still answered. */
  retire?(): void
  close(): Promise<void>
}

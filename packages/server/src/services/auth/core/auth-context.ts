/** What every endpoint gets: the request, the project, and the few things a request decides once. */
import type { Config } from '#base/config'
import type { RunOptions } from '#base/db'
import type { HttpRequest } from '#base/http'
import { uuid } from '#base/kernel'
import type { Project, Scope } from '#base/service'
import { clientAddress } from './client-address.ts'
import type { AuthRuntime } from './runtime.ts'

export interface AuthContext extends AuthRuntime {
  readonly scope: Scope
  readonly project: Project
  readonly config: Config
  readonly request: HttpRequest
  readonly query: URLSearchParams
  /** Named segments of the path. */
  readonly pathParams: Readonly<Record<string, string>>
  /** The moment of the request, ms. */
  readonly nowMs: number
  /** The same for SQL: `2026-01-01T00:00:00.000Z`. */
  readonly now: string
  /** Audience of users looked up: `X-JWT-AUD`, the token's `aud`, or `authenticated`. */
  readonly audience: string
  readonly userAgent: string | null
  /** Tokens of OAuth clients are as good as the user's own; a rule of the route. */
  readonly admitsClients: boolean
  /** Null inside the process. */
  readonly ipAddress: string | null
}

const defaultAudience = 'authenticated'
/** Tokens of these roles manage users; their own `aud` says nothing. */
export const adminRoles: readonly unknown[] = ['service_role', 'supabase_admin']

export function createContext(
  runtime: AuthRuntime,
  scope: Scope,
  request: HttpRequest,
  pathParams: Readonly<Record<string, string>>,
): AuthContext {
  const { project } = scope
  const nowMs = project.clock.now()
  return {
    ...runtime,
    scope,
    project,
    config: project.config,
    request,
    query: new URLSearchParams(request.query),
    pathParams,
    nowMs,
    now: new Date(nowMs).toISOString(),
    audience: audienceOf(scope, request),
    userAgent: request.headers['user-agent'] || null,
    admitsClients: false,
    ipAddress: clientAddress(project.config, request),
  }
}

export function newId({ project }: AuthContext): string {
  return uuid(project.random)
}

/** Until when a statement is of use. Only reads end with a client that goes away: who left a page has sent its form. */
export function runOptions({ scope, nowMs }: AuthContext): RunOptions {
  return { timeoutMs: Math.max(1, scope.deadlineMs - nowMs) }
}

function audienceOf({ authentication }: Scope, request: HttpRequest): string {
  const header = request.headers['x-jwt-aud']
  if (header !== undefined && header !== '') return header
  if (!authentication.ok || adminRoles.includes(authentication.caller.claims['role'])) {
    return defaultAudience
  }
  return firstAudience(authentication.caller.claims['aud']) ?? defaultAudience
}

/** `aud` is one text or a list of them; null when it names nobody. */
export function firstAudience(aud: unknown): string | null {
  const first: unknown = Array.isArray(aud) ? aud[0] : aud
  return typeof first === 'string' && first !== '' ? first : null
}

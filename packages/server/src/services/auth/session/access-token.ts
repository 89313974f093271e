/** Access tokens: the claims row level security reads. Every token of every grant is issued here. */
import type { Transaction } from '#base/db'
import type { JsonObject } from '#base/kernel'
import { signToken, signingKeyOf } from '#base/token'
import type { AuthContext } from '#services/auth/core'
import { customiseClaims, findHook } from '#services/auth/hooks'
import type { AmrEntry, SessionRow, UserRow } from '#services/auth/sql'

/** How a session was proved. */
export interface Proof {
  readonly sessionId: string
  /** Newest first. */
  readonly amr: readonly AmrEntry[]
  /** The application the session is for. */
  readonly client?: SessionClient | null
  /** How the token itself was asked for, where it is not the newest of `amr`: `token_refresh`. */
  readonly method?: string
}

export interface IssuedToken {
  readonly token: string
  /** Unix seconds. */
  readonly expiresAt: number
}

export interface SessionClient {
  readonly id: string
  /** Separated by spaces. */
  readonly scopes: string
}

/** Null for a session of this project's own. */
export function clientOf(session: SessionRow): SessionClient | null {
  const { session_client_id: id, session_scopes: scopes } = session
  return id === null ? null : { id, scopes: scopes ?? '' }
}

const secondFactors: readonly string[] = ['totp', 'mfa/phone', 'mfa/webauthn']

/** Issuer of tokens: `auth.jwt_issuer`, by default the public URL of this service. */
export function issuerOf({ config, project }: AuthContext): string {
  return (
    config['auth.jwt_issuer'] ?? config['auth.external_url'] ?? `${project.externalUrl}/auth/v1`
  )
}

/**
 * A signed access token, its claims as the custom access token hook wants them. A hook that is a function runs in
 * `transaction`, else in one of its own. @throws PlatformError
 */
export async function issueAccessToken(
  context: AuthContext,
  user: UserRow,
  proof: Proof,
  transaction: Transaction | null = null,
): Promise<IssuedToken> {
  const issuedAt = Math.floor(context.nowMs / 1000)
  const expiresAt = issuedAt + context.config['auth.jwt_expiry']
  const claims = claimsOf(issuerOf(context), user, proof, { issuedAt, expiresAt })
  const method = proof.method ?? proof.amr[0]?.method ?? ''
  const custom = await customiseClaims(context, claims, method, transaction)
  const { keys } = context.project
  keys.onSign?.(context.nowMs)
  return { token: signToken(custom, signingKeyOf(keys)), expiresAt }
}

/**
 * For transactions that begin or prolong a session: null unless a Postgres function has a say in the token, which then
 * undoes them when it refuses. A URL is asked after the commit, so that no connection waits for it.
 */
export async function issueInTransaction(
  context: AuthContext,
  transaction: Transaction,
  user: UserRow,
  proof: Proof,
): Promise<IssuedToken | null> {
  if (!isHookInDatabase(context)) return null
  return issueAccessToken(context, user, proof, transaction)
}

export function isHookInDatabase({ config }: AuthContext): boolean {
  return findHook(config, 'custom_access_token')?.kind === 'function'
}

function claimsOf(
  issuer: string,
  user: UserRow,
  { sessionId, amr, client }: Proof,
  { issuedAt, expiresAt }: { issuedAt: number; expiresAt: number },
): JsonObject {
  return {
    iss: issuer,
    sub: user.id,
    aud: user.aud ?? '',
    exp: expiresAt,
    iat: issuedAt,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role ?? '',
    aal: amr.some(({ method }) => secondFactors.includes(method)) ? 'aal2' : 'aal1',
    amr: amr.map((entry) => renderAmr(entry, user)),
    session_id: sessionId,
    is_anonymous: user.is_anonymous,
    ...(client ? { client_id: client.id } : {}),
    ...(client && client.scopes !== '' ? { scope: client.scopes } : {}),
  }
}

/** Of single sign-on also which provider, where the account has no other identity. */
function renderAmr({ method, timestamp }: AmrEntry, { identities }: UserRow): JsonObject {
  const provider = identities.length === 1 ? identities[0]?.['provider'] : null
  const isSso = method === 'sso/saml' && typeof provider === 'string' && provider.startsWith('sso:')
  return { method, timestamp, ...(isSso ? { provider: provider.slice(4) } : {}) }
}

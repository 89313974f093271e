/** Access tokens: the claims row level security reads. */
import type { JsonObject } from '#kernel'
import { signToken, signingKeyOf } from '#token'
import type { AuthContext } from './auth-context.ts'
import type { AmrEntry, SessionRow } from '#auth/sql'
import type { UserRow } from '#auth/sql'

/** How a session was proved. */
export interface Proof {
  readonly sessionId: string
  /** Newest first. */
  readonly amr: readonly AmrEntry[]
  /** The application the session is for. */
  readonly client?: SessionClient | null
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

/** A signed access token and when it expires (Unix seconds). */
export function issueAccessToken(
  context: AuthContext,
  user: UserRow,
  proof: Proof,
): { readonly token: string; readonly expiresAt: number } {
  const issuedAt = Math.floor(context.nowMs / 1000)
  const expiresAt = issuedAt + context.config['auth.jwt_expiry']
  const claims = claimsOf(issuerOf(context), user, proof, { issuedAt, expiresAt })
  return { token: signToken(claims, signingKeyOf(context.project.keys)), expiresAt }
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
    amr: amr.map(({ method, timestamp }) => ({ method, timestamp })),
    session_id: sessionId,
    is_anonymous: user.is_anonymous,
    ...(client ? { client_id: client.id } : {}),
    ...(client && client.scopes !== '' ? { scope: client.scopes } : {}),
  }
}

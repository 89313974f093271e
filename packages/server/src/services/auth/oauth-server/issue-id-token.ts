/** ID tokens of our own (OpenID Connect Core 2), for clients that asked for `openid`. */
import { signToken, signingKeyOf } from '#base/token'
import { isConfirmed, isPhoneConfirmed, rfc3339 } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { issuerOf } from '#services/auth/session'
import type { UserRow } from '#services/auth/sql'
import { profileOf } from './user-claims.ts'

export interface IdTokenRequest {
  readonly user: UserRow
  readonly clientId: string
  /** '' for none. */
  readonly nonce: string
  readonly scopes: readonly string[]
}

const lifetimeSeconds = 3600

/** What to tell a client that asks for `openid` in vain. */
export const noIdTokens =
  'unsupported scope: openid (ID tokens need an asymmetric key in auth.signing_keys_path; with the shared secret no client could verify them)'

/** With the shared secret no client could verify them. */
export function canIssueIdTokens({ project }: AuthContext): boolean {
  return signingKeyOf(project.keys).algorithm !== 'HS256'
}

export function issueIdToken(context: AuthContext, request: IdTokenRequest): string {
  const { user, clientId, nonce, scopes } = request
  const issuedAt = Math.floor(context.nowMs / 1000)
  const signedIn = user.last_sign_in_at === null ? null : Date.parse(rfc3339(user.last_sign_in_at))
  const claims = {
    iss: issuerOf(context),
    sub: user.id,
    aud: clientId,
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
    ...(nonce === '' ? {} : { nonce }),
    auth_time: signedIn === null ? issuedAt : Math.floor(signedIn / 1000),
    ...emailClaims(user, scopes),
    ...phoneClaims(user, scopes),
    ...(scopes.includes('profile') ? profileOf(user) : {}),
    client_id: clientId,
  }
  return signToken(claims, signingKeyOf(context.project.keys))
}

function emailClaims(user: UserRow, scopes: readonly string[]) {
  if (!scopes.includes('email')) return { email_verified: false }
  return { ...(user.email ? { email: user.email } : {}), email_verified: isConfirmed(user) }
}

function phoneClaims(user: UserRow, scopes: readonly string[]) {
  if (!scopes.includes('phone')) return { phone_number_verified: false }
  return {
    ...(user.phone ? { phone_number: user.phone } : {}),
    phone_number_verified: isPhoneConfirmed(user),
  }
}

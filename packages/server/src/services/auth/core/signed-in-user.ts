/** Who asks, for endpoints of signed-in users. The gateway has verified the token; here it is told what is wrong with it. */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { findSession, findUserById } from '#services/auth/sql'
import type { SessionRow, UserRow } from '#services/auth/sql'
import type { AuthContext } from './auth-context.ts'
import { readAll } from './auth-database.ts'
import { authErrors } from './errors.ts'
import { isBanned } from './user-json.ts'

export interface SignedIn {
  readonly user: UserRow
  /** Null for a token without a `session_id`. */
  readonly session: SessionRow | null
  readonly claims: JsonObject
}

const uuidFormat = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
export const nilUuid = '00000000-0000-0000-0000-000000000000'

export function isUuid(text: string): boolean {
  return uuidFormat.test(text)
}

/**
 * The claims of the bearer token. @throws PlatformError 401 without one, 403 for one that does not verify, or is an OAuth
 * client's where the route does not admit these
 */
export function requireToken({ scope, admitsClients }: AuthContext): JsonObject {
  const { authentication } = scope
  if (!authentication.ok) throw authErrors.badToken({ reason: reasonOf(authentication) })
  if (authentication.token === null) throw authErrors.noAuthorization()
  const { claims } = authentication.caller
  if (!admitsClients && isOfClient(claims['client_id'])) throw authErrors.clientNotAdmitted()
  return claims
}

/** Whatever a hook made of the claim: only its absence, null and '' stand for none. */
function isOfClient(clientId: unknown): boolean {
  return clientId !== undefined && clientId !== null && clientId !== ''
}

/** In the words of the library GoTrue uses, which end up in the message. */
function reasonOf({ failure, message }: { failure: string; message: string }): string {
  if (failure === 'expired') return 'token has invalid claims: token is expired'
  if (failure === 'signature') return 'token signature is invalid: signature is invalid'
  if (failure === 'malformed')
    return 'token is malformed: token contains an invalid number of segments'
  return message
}

/** The user and the session of the token, both still there. @throws PlatformError 400, 401, 403 */
export async function requireUser(context: AuthContext): Promise<SignedIn> {
  const claims = requireToken(context)
  const userId = subjectOf(claims)
  const sessionId = sessionIdOf(claims)
  const statements: Statement[] = [findUserById(userId)]
  if (sessionId !== null) statements.push(findSession(sessionId))
  const [users, sessions] = await readAll(context, ...statements)
  const user = decodeRows<UserRow>(users as Result)[0]
  if (user === undefined) throw authErrors.subNotFound()
  const session = sessions === undefined ? null : (decodeRows<SessionRow>(sessions)[0] ?? null)
  if (sessionId !== null && session === null) throw authErrors.sessionGone()
  // a hook may have taken the claim out of the token
  if (!context.admitsClients && isOfClient(session?.session_client_id))
    throw authErrors.clientNotAdmitted()
  if (isBanned(user, context.nowMs)) throw authErrors.bearerBanned()
  return { user, session, claims }
}

function subjectOf(claims: JsonObject): string {
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '') throw authErrors.missingSub()
  if (!uuidFormat.test(sub)) throw authErrors.subNotUuid()
  return sub
}

function sessionIdOf(claims: JsonObject): string | null {
  const id = claims['session_id']
  if (typeof id !== 'string' || id === '' || id === nilUuid) return null
  if (!uuidFormat.test(id)) throw authErrors.sessionIdNotUuid()
  return id
}

/** A sign-in: the rows it writes, and the session clients get for it. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { begin, newId, renderUser, write } from '#services/auth/core'
import type { AuthContext, WeakPasswordError } from '#services/auth/core'
import {
  deleteSession,
  findUserById,
  insertRefreshToken,
  insertSession,
  upsertAmrClaim,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { isHookInDatabase, issueAccessToken, issueInTransaction } from './access-token.ts'
import type { IssuedToken, Proof, SessionClient } from './access-token.ts'
import { setLastSignIn } from './statements.ts'

export interface SessionGrant extends Proof {
  readonly refreshToken: string
  /** Begin the session; the user's row must exist by then. */
  readonly statements: readonly Statement[]
}

export interface SessionLimits {
  /** When the session is over in any case. */
  readonly endsMs?: number | null
  /** The OAuth client it belongs to. */
  readonly client?: SessionClient | null
}

/** `method` as it will stand in `amr`: `password`, `anonymous`, … */
export function planSession(
  context: AuthContext,
  userId: string,
  method: string,
  { endsMs = null, client = null }: SessionLimits = {},
): SessionGrant {
  const { now, nowMs, userAgent, ipAddress } = context
  const sessionId = newId(context)
  const refreshToken = newRefreshToken(context)
  const notAfter = endsMs === null ? null : new Date(endsMs).toISOString()
  return {
    sessionId,
    refreshToken,
    client,
    amr: [{ method, timestamp: Math.floor(nowMs / 1000) }],
    statements: [
      insertSession(
        { id: sessionId, userId, userAgent, ipAddress, notAfter, ...ownedBy(client) },
        now,
      ),
      insertRefreshToken({ token: refreshToken, parent: '', userId, sessionId }, now),
      upsertAmrClaim(newId(context), sessionId, method, now),
      setLastSignIn(userId, now),
    ],
  }
}

function ownedBy(client: SessionClient | null): { clientId?: string; scopes?: string } {
  return client === null ? {} : { clientId: client.id, scopes: client.scopes }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** Bytes from here on would make the first letters likelier. */
const unbiased = 256 - (256 % alphabet.length)

/** Twelve characters of `[a-z0-9]`: 62 bits. */
export function newRefreshToken({ project }: AuthContext): string {
  let token = ''
  while (token.length < 12) {
    for (const byte of project.random.bytes(16)) {
      if (byte < unbiased && token.length < 12) token += alphabet[byte % alphabet.length]
    }
  }
  return token
}

/** A session that is written, and its access token where that is issued already. */
export interface GrantedSession extends Proof {
  readonly refreshToken: string
  readonly issued?: IssuedToken | null
}

/** Writes a sign-in in one transaction, and one round trip where no hook has to be asked. */
export async function writeSignIn(
  context: AuthContext,
  userId: string,
  session: SessionGrant,
  statements: readonly Statement[],
): Promise<{ readonly user: UserRow; readonly session: SessionGrant & GrantedSession }> {
  const all = [...statements, ...session.statements]
  if (!isHookInDatabase(context)) {
    const [user] = await write<UserRow>(context, [...all, findUserById(userId)])
    return { user: user as UserRow, session }
  }
  return begin(context, [], async (transaction) => {
    await transaction.run(...all)
    const [user] = await transaction.rows<UserRow>(findUserById(userId))
    const issued = await issueInTransaction(context, transaction, user as UserRow, session)
    return { user: user as UserRow, session: { ...session, issued } }
  })
}

/** The access token of a session just written: a hook that refuses it now takes the session away again. */
export async function issueFor(
  context: AuthContext,
  user: UserRow,
  grant: GrantedSession,
): Promise<IssuedToken> {
  if (grant.issued) return grant.issued
  try {
    return await issueAccessToken(context, user, grant)
  } catch (error) {
    if ('statements' in grant) await write(context, [deleteSession(grant.sessionId)])
    throw error
  }
}

/** 200 with the session: `{ access_token, token_type, expires_in, expires_at, refresh_token, user, weak_password? }` */
export async function sessionResponse(
  context: AuthContext,
  user: UserRow,
  grant: GrantedSession,
  extra: {
    readonly weakness?: WeakPasswordError | null
    /** Further members of the session: the provider's own tokens. */
    readonly members?: JsonObject
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<HttpResponse> {
  const { token, expiresAt } = await issueFor(context, user, grant)
  const session: JsonObject = {
    access_token: token,
    token_type: 'bearer',
    expires_in: context.config['auth.jwt_expiry'],
    expires_at: expiresAt,
    refresh_token: grant.refreshToken,
    user: renderUser(user),
    ...weakPassword(extra.weakness ?? null),
    ...extra.members,
  }
  return jsonResponse(200, session, {
    'cache-control': 'no-store',
    'sb-auth-user-id': user.id,
    'sb-auth-session-id': grant.sessionId,
    'sb-auth-refresh-token-prefix': grant.refreshToken.slice(0, 5),
    ...extra.headers,
  })
}

function weakPassword(weakness: WeakPasswordError | null): JsonObject {
  if (weakness === null) return {}
  return { weak_password: { message: weakness.message, reasons: weakness.reasons } }
}

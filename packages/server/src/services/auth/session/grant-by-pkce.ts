/** POST /token?grant_type=pkce: the code a link brought, with the verifier only the client that began knows (RFC 7636). */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  begin,
  isAnswer,
  isBanned,
  readParams,
  readRows,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { findFlow, findUserById, takeFlow } from '#services/auth/sql'
import type { FlowRow, UserRow } from '#services/auth/sql'
import { issueInTransaction } from './access-token.ts'
import { sessionErrors } from './errors.ts'
import { planSession, sessionResponse } from './session-grant.ts'

const flowExpiryMs = 300_000
const shape = { auth_code: 'text', code_verifier: 'text' } as const

export async function grantByPkce(context: AuthContext): Promise<HttpResponse> {
  const { auth_code: code, code_verifier: verifier } = await readParams(context.request, shape)
  if (code === '' || verifier === '') {
    const message = 'invalid request: both auth code and code verifier should be non-empty'
    throw authErrors.invalid({ message })
  }
  const [flow] = await readRows<FlowRow>(context, findFlow(code))
  if (flow === undefined || flow.user_id === null) throw authErrors.flowNotFound()
  // a code that was not given out yet is known to nobody but us
  if (flow.issued_ms === null) throw authErrors.flowNotFound()
  if (context.nowMs > flow.issued_ms + flowExpiryMs) throw sessionErrors.flowExpired()
  const challenge = { challenge: flow.code_challenge, method: flow.code_challenge_method }
  if (!isAnswer(challenge, verifier)) throw sessionErrors.badCodeVerifier()
  return exchange(context, flow, flow.user_id)
}

async function exchange(
  context: AuthContext,
  flow: FlowRow,
  userId: string,
): Promise<HttpResponse> {
  const session = planSession(context, userId, flow.authentication_method)
  const { user, issued } = await begin(context, [], async (transaction) => {
    const taken = await transaction.rows(takeFlow(flow.id))
    if (taken.length === 0) throw authErrors.flowNotFound()
    const [found] = await transaction.rows<UserRow>(findUserById(userId))
    if (found === undefined) throw authErrors.flowNotFound()
    if (isBanned(found, context.nowMs)) throw authErrors.bearerBanned()
    await transaction.run(
      audit(context, found, 'login', { provider_type: flow.provider_type }),
      ...session.statements,
    )
    const [row] = await transaction.rows<UserRow>(findUserById(userId))
    const user = row as UserRow
    return { user, issued: await issueInTransaction(context, transaction, user, session) }
  })
  return sessionResponse(context, user, { ...session, issued }, { members: providerTokens(flow) })
}

/** What the provider gave, for the client that began. */
function providerTokens(flow: FlowRow): JsonObject {
  const { provider_access_token: token, provider_refresh_token: refreshToken } = flow
  return {
    ...(token ? { provider_token: token } : {}),
    ...(refreshToken ? { provider_refresh_token: refreshToken } : {}),
  }
}

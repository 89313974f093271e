/** GET and POST /callback: back from a provider with a code, or with the reason why not. */
import type { HttpResponse } from '#base/http'
import type { Transaction } from '#base/db'
import { begin, isUuid, OauthError, readForm, readRows } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { redirectTo, withParameters } from '#services/auth/redirect'
import {
  acceptInvite,
  announceExternalUser,
  errorMembers,
  errorUrl,
  linkExternalIdentity,
  reportExternalUser,
  retryOnConflict,
  signInExternally,
} from '#services/auth/linking'
import type { ExternalOutcome, ExternalSignIn } from '#services/auth/linking'
import { sendMails } from '#services/auth/messages'
import type { ProviderTokens, ProviderUser } from '#services/auth/provider'
import { issueFor, issueInTransaction, planSession } from '#services/auth/session'
import type { GrantedSession, SessionGrant } from '#services/auth/session'
import { findUserById, takeFlow } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { externalErrors } from './errors.ts'
import { completeProviderFlow, findProviderFlow, lockProviderFlow } from './flow-statements.ts'
import type { ProviderFlowRow } from './flow-statements.ts'
import { readExternalUser } from './read-external-user.ts'

const flowExpiryMs = 300_000

export async function callback(context: AuthContext): Promise<HttpResponse> {
  const { request, query } = context
  // Apple posts a form
  const given = request.method === 'POST' ? await readForm(request) : query
  let flow: ProviderFlowRow
  try {
    flow = await findFlow(context, given.get('state') ?? '')
  } catch (error) {
    // without a flow nobody can say where the browser came from
    const site = context.config['auth.site_url']
    return redirectTo(303, withParameters(site, errorMembers(context, error), {}))
  }
  const target = flow.referrer || context.config['auth.site_url']
  try {
    return redirectTo(302, await complete(context, flow, given, target))
  } catch (error) {
    return redirectTo(302, errorUrl(context, target, error))
  }
}

async function findFlow(context: AuthContext, state: string): Promise<ProviderFlowRow> {
  if (state === '') throw externalErrors.stateMissing()
  if (!isUuid(state)) throw externalErrors.stateInvalid()
  const [flow] = await readRows<ProviderFlowRow>(context, findProviderFlow(state))
  if (flow === undefined) throw externalErrors.stateNotFound()
  if (context.nowMs > flow.created_ms + flowExpiryMs) throw externalErrors.stateExpired()
  if (flow.user_id !== null) throw externalErrors.stateUsed()
  return flow
}

async function complete(
  context: AuthContext,
  flow: ProviderFlowRow,
  given: URLSearchParams,
  target: string,
): Promise<string> {
  const refusal = given.get('error') ?? ''
  if (refusal !== '') throw new OauthError(refusal, given.get('error_description') ?? '')
  const { user, tokens } = await readExternalUser(context, flow, given)
  if (user.emails.length === 0 && !flow.email_optional) throw externalErrors.noProviderEmail()
  const request = requestOf(flow, user)
  if (flow.linking_target_id === null && !flow.invite_token) {
    await announceExternalUser(context, request)
  }
  const done = await retryOnConflict(() =>
    begin(context, [], (transaction) => settle(context, transaction, flow, request, tokens)),
  )
  if ('refusal' in done) {
    if (done.mail !== null) await sendMails(context, done.userId, [done.mail])
    throw done.refusal
  }
  await reportExternalUser(context, done)
  if (done.session === null) return withParameters(target, { code: flow.auth_code ?? '' }, {})
  return withParameters(target, {}, await sessionMembers(context, done.user, done.session, tokens))
}

type Settled =
  | {
      readonly user: UserRow
      readonly isNew?: boolean
      readonly linked?: string
      readonly session: (SessionGrant & GrantedSession) | null
    }
  | Extract<ExternalOutcome, { refusal: unknown }>

/** The state is good for once, the code it becomes too. */
async function settle(
  context: AuthContext,
  transaction: Transaction,
  flow: ProviderFlowRow,
  request: ExternalSignIn,
  tokens: ProviderTokens,
): Promise<Settled> {
  const [open] = await transaction.rows<{ user_id: string | null }>(lockProviderFlow(flow.id))
  if (open === undefined) throw externalErrors.stateNotFound()
  if (open.user_id !== null) throw externalErrors.stateUsed()
  const outcome = await resolveUser(context, transaction, flow, request)
  if ('refusal' in outcome) return outcome
  const userId = outcome.user.id
  if (flow.code_challenge !== null) {
    await transaction.run(completeProviderFlow(flow.id, { userId, ...tokens }, context.now))
    return { ...outcome, session: null }
  }
  const session = planSession(context, userId, 'oauth')
  await transaction.run(takeFlow(flow.id), ...session.statements)
  const [row] = await transaction.rows<UserRow>(findUserById(userId))
  const issued = await issueInTransaction(context, transaction, row as UserRow, session)
  return { ...outcome, user: row as UserRow, session: { ...session, issued } }
}

function requestOf(flow: ProviderFlowRow, user: ProviderUser): ExternalSignIn {
  return {
    provider: flow.provider_type,
    user,
    emailOptional: flow.email_optional,
    redirectTo: flow.referrer ?? '',
  }
}

function resolveUser(
  context: AuthContext,
  transaction: Transaction,
  flow: ProviderFlowRow,
  request: ExternalSignIn,
): Promise<ExternalOutcome> {
  if (flow.linking_target_id !== null) {
    return linkExternalIdentity(context, transaction, request, flow.linking_target_id)
  }
  if (flow.invite_token) return acceptInvite(context, transaction, request, flow.invite_token)
  return signInExternally(context, transaction, request)
}

async function sessionMembers(
  context: AuthContext,
  user: UserRow,
  session: GrantedSession,
  tokens: ProviderTokens,
): Promise<Record<string, string>> {
  const { token, expiresAt } = await issueFor(context, user, session)
  return {
    access_token: token,
    expires_at: String(expiresAt),
    expires_in: String(context.config['auth.jwt_expiry']),
    provider_token: tokens.accessToken,
    ...(tokens.refreshToken === '' ? {} : { provider_refresh_token: tokens.refreshToken }),
    refresh_token: session.refreshToken,
    sb: '',
    token_type: 'bearer',
  }
}

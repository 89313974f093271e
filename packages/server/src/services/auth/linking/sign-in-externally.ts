/**
 * Somebody whom a provider, a wallet or single sign-on vouches for, as a user of ours: found, linked or new
 * (supabase/auth internal/api/external.go).
 */
import type { Transaction } from '#base/db'
import type { PlatformError } from '#base/kernel'
import { audit, authErrors, causedBy, isBanned, isConfirmed, newId } from '#services/auth/core'
import type { AuthContext, AuthMail } from '#services/auth/core'
import { planToken, refuseTooSoon, requireMailRoom } from '#services/auth/messages'
import { identityData } from '#services/auth/provider'
import type { IdentityData, ProviderUser } from '#services/auth/provider'
import {
  clearPhone,
  confirmUser,
  deleteFactorsOfUser,
  deleteOneTimeTokens,
  deletePasskeysOfUser,
  deleteSessionsOfUser,
  findUserById,
  insertUser,
  mergeUserMetadata,
  refreshProviders,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { decideLinking, linkingDomain } from './decide-linking.ts'
import type { Candidate, Linking } from './decide-linking.ts'
import { linkingErrors } from './errors.ts'
import {
  deleteOtherIdentities,
  endAnonymity,
  insertNewIdentity,
  replaceIdentityData,
  resetUnconfirmed,
} from './statements.ts'

export interface ExternalSignIn {
  /** `google`, `sso:<uuid>`, `web3`. */
  readonly provider: string
  readonly user: ProviderUser
  readonly emailOptional: boolean
  /** Where a confirmation mail leads to in the end. */
  readonly redirectTo: string
}

/** A refusal is thrown after the commit: what was written for it stays. */
export type ExternalOutcome =
  | { readonly user: UserRow; readonly isNew?: boolean; readonly linked?: string }
  | { readonly refusal: PlatformError; readonly mail: AuthMail | null; readonly userId: string }

/** @throws PlatformError 403 for the banned, 422 where new users may not sign up */
export async function signInExternally(
  context: AuthContext,
  transaction: Transaction,
  request: ExternalSignIn,
): Promise<ExternalOutcome> {
  const { provider, emailOptional } = request
  const decision = await decideLinking(context, transaction, provider, request.user)
  const data = identityData(request.user)
  const { userId, identityId } = await settle(context, transaction, provider, decision, data)
  const user = await reload(transaction, userId)
  if (isBanned(user, context.nowMs)) throw authErrors.bearerBanned()
  const { candidate } = decision
  const isNew = decision.kind === 'create'
  const hasEmail = provider !== 'web3' && !(emailOptional && candidate.email === '')
  if (!hasEmail || isConfirmed(user)) {
    await transaction.run(audit(context, user, 'login', { provider }))
    return { user, isNew }
  }
  await forgetUnconfirmed(context, transaction, userId, identityId, data)
  if (decision.kind === 'link') await throwOut(context, transaction, userId)
  const outcome = await confirmOrAsk(context, transaction, request, user, candidate)
  return 'user' in outcome ? { ...outcome, isNew } : outcome
}

async function reload(transaction: Transaction, id: string): Promise<UserRow> {
  const [user] = await transaction.rows<UserRow>(findUserById(id))
  if (user === undefined) throw authErrors.userNotFound()
  return user
}

interface Settled {
  readonly userId: string
  readonly identityId: string
}

async function settle(
  context: AuthContext,
  transaction: Transaction,
  provider: string,
  decision: Linking,
  data: IdentityData,
): Promise<Settled> {
  if (decision.kind === 'create') {
    return createAccount(context, transaction, provider, decision.candidate, data)
  }
  const { now } = context
  const { user } = decision
  const userId = user.id
  const after = [mergeUserMetadata(userId, data, now), refreshProviders(userId, now)]
  if (decision.kind === 'exists') {
    const { identityId } = decision
    await transaction.run(replaceIdentityData(identityId, data, now), ...after)
    return { userId, identityId }
  }
  const identityId = await addIdentity(context, transaction, user, provider, data)
  await transaction.run(...after)
  return { userId, identityId }
}

/** A further identity of an account, with its line in the audit log. */
export async function addIdentity(
  context: AuthContext,
  transaction: Transaction,
  user: UserRow,
  provider: string,
  data: IdentityData,
): Promise<string> {
  const id = newId(context)
  const providerId = data.sub
  const traits = { identity_id: id, provider, provider_id: providerId }
  await transaction.run(
    insertNewIdentity({ id, userId: user.id, provider, providerId, data }, context.now),
    audit(context, user, 'identity_linked', traits),
  )
  return id
}

async function createAccount(
  context: AuthContext,
  transaction: Transaction,
  provider: string,
  candidate: Candidate,
  data: IdentityData,
): Promise<Settled> {
  const { config, audience, now } = context
  if (!config['auth.enable_signup']) throw authErrors.signupDisabled()
  const userId = newId(context)
  const identityId = newId(context)
  const account = {
    id: userId,
    audience,
    email: candidate.email === '' ? null : candidate.email,
    phone: null,
    passwordHash: null,
    appMetadata: { provider, providers: [provider] },
    userMetadata: data,
    isAnonymous: false,
    isSsoUser: linkingDomain(provider) !== 'default',
  }
  const identity = { id: identityId, userId, provider, providerId: data.sub, data }
  await transaction.run(insertUser(account, now), insertNewIdentity(identity, now))
  return { userId, identityId }
}

/**
 * Somebody may have signed up with this address, a password and a phone without it being theirs: whoever now proves that
 * it is must not find them inside.
 */
async function forgetUnconfirmed(
  context: AuthContext,
  transaction: Transaction,
  userId: string,
  identityId: string,
  data: IdentityData,
): Promise<void> {
  const { now } = context
  await transaction.run(
    resetUnconfirmed(userId, data, now),
    deleteOtherIdentities(userId, identityId),
    refreshProviders(userId, now),
  )
}

/** Whoever held the account without its address being theirs: by a phone, anonymously, with a key. */
async function throwOut(
  { now }: AuthContext,
  transaction: Transaction,
  userId: string,
): Promise<void> {
  await transaction.run(
    deleteSessionsOfUser(userId),
    deleteFactorsOfUser(userId),
    deletePasskeysOfUser(userId),
    clearPhone(userId, now),
    endAnonymity(userId, now),
  )
}

async function confirmOrAsk(
  context: AuthContext,
  transaction: Transaction,
  { provider, redirectTo, user: { emails } }: ExternalSignIn,
  user: UserRow,
  candidate: Candidate,
): Promise<ExternalOutcome> {
  const { config, now } = context
  // an address that was not taken over is somebody else's: it does not become confirmed by being left out
  const isLeftOut = candidate.email === '' && emails.length > 0
  const needsNone = !config['auth.email.enable_confirmations'] && !isLeftOut
  if (candidate.verified || needsNone) {
    await transaction.run(
      audit(context, user, 'user_signedup', { provider }),
      confirmUser(user.id, 'email', now),
      deleteOneTimeTokens(user.id),
    )
    return { user: await reload(transaction, user.id) }
  }
  const mail = await askToConfirm(context, transaction, user, candidate.email, redirectTo)
  return {
    userId: user.id,
    mail,
    refusal: linkingErrors.providerEmailUnverified({ provider, mailed: mail !== null }),
  }
}

/** The mail to send once all is committed; null without an address. @throws PlatformError 429 */
export async function askToConfirm(
  context: AuthContext,
  transaction: Transaction,
  user: UserRow,
  address: string,
  redirectTo: string,
): Promise<AuthMail | null> {
  if (address === '') return null
  const interval = context.config['auth.email.max_frequency']
  refuseTooSoon(user.confirmation_sent_at, interval, context.nowMs)
  requireMailRoom(context)
  const data = user.raw_user_meta_data ?? {}
  const recipient = { userId: user.id, address, challenge: null, data, redirectTo }
  const planned = planToken(context, 'signup', recipient)
  await transaction.run(
    audit(context, user, 'user_confirmation_requested', { provider: 'email' }),
    ...planned.statements,
  )
  return planned.mail
}

/** Two sign-ins of one new user at the same instant: the second finds what the first wrote. */
export async function retryOnConflict<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const conflict = causedBy(error, '23505')
    if (conflict === null || !['users', 'identities'].includes(conflict.table ?? '')) throw error
    return work()
  }
}

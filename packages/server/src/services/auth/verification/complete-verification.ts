/** What an answered token changes: the account confirmed, its address changed, a session begun or a PKCE code given out. */
import type { Transaction } from '#base/db'
import type { Statement } from '#base/sql'
import { audit, authErrors, begin, isConfirmed, newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { notify } from '#services/auth/messages'
import { nobodysHash } from '#services/auth/password'
import { issueInTransaction, planSession } from '#services/auth/session'
import type { GrantedSession, SessionGrant } from '#services/auth/session'
import {
  confirmUser,
  deleteOneTimeTokens,
  findUserById,
  findUserByPhone,
  findUserOfEmail,
  insertIdentity,
  issueFlowCode,
  refreshProviders,
  setPassword,
  updateIdentityData,
} from '#services/auth/sql'
import type { TokenRow, UserRow } from '#services/auth/sql'
import { verificationErrors } from './errors.ts'
import {
  agreeToEmailChange,
  applyEmailChange,
  applyPhoneChange,
  clearTokenColumns,
  takeToken,
} from './statements.ts'

export interface SignedInByToken extends SessionGrant, GrantedSession {
  readonly user: UserRow
}

/** Null when the other address has to agree as well. */
export async function completeWithSession(
  context: AuthContext,
  row: TokenRow,
): Promise<SignedInByToken | null> {
  const done = await begin(context, [], async (transaction) => {
    if (!(await complete(context, transaction, row))) return null
    const session = planSession(context, row.id, 'otp')
    await transaction.run(...session.statements)
    const [user] = await transaction.rows<UserRow>(findUserById(row.id))
    const issued = await issueInTransaction(context, transaction, user as UserRow, session)
    return { ...session, user: user as UserRow, issued }
  })
  if (done !== null) await announce(context, row)
  return done
}

/** The amr methods flows were begun with. */
const flowMethods: Readonly<Record<string, string>> = {
  signup: 'email/signup',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magiclink',
  email_change: 'email_change',
}

/** The code a client exchanges at /token; null when the other address has to agree as well. */
export async function completeForFlow(
  context: AuthContext,
  row: TokenRow,
  type: string,
): Promise<string | null> {
  const ofToken = row.token_type === 'confirmation_token' ? 'email/signup' : 'magiclink'
  const code = await begin(context, [], async (transaction) => {
    if (!(await complete(context, transaction, row))) return null
    const method = flowMethods[type] ?? ofToken
    const [flow] = await transaction.rows<{ auth_code: string }>(
      issueFlowCode(row.id, method, context.now),
    )
    if (flow === undefined) throw authErrors.flowNotFound()
    return flow.auth_code
  })
  if (code !== null) await announce(context, row)
  return code
}

/** Of a change the address before it is told, and of a number the account's address. */
async function announce(context: AuthContext, row: TokenRow): Promise<void> {
  if (row.token_type === 'phone_change_token') {
    const phone = row.phone_change ?? ''
    await notify(context, row, 'phone_changed', { phone, oldPhone: row.phone ?? '' })
    if (!row.identities.some((own) => own['provider'] === 'phone'))
      await notify(context, row, 'identity_linked', { provider: 'phone' })
  } else if (isEmailChange(row)) {
    const oldEmail = row.email ?? ''
    const changed = { ...row, email: row.email_change }
    await notify(context, changed, 'email_changed', { oldEmail }, oldEmail)
  }
}

function isEmailChange({ token_type: type }: TokenRow): boolean {
  return type === 'email_change_token_new' || type === 'email_change_token_current'
}

/** False when the account waits for another answer. Every pending token is void after a true. */
async function complete(
  context: AuthContext,
  transaction: Transaction,
  row: TokenRow,
): Promise<boolean> {
  // whoever comes second, by another tab or a mail scanner, finds it used
  const taken = await transaction.rows(takeToken(row.id, row.token_type))
  if (taken.length === 0) throw verificationErrors.linkInvalid()
  const password = unknownPassword(context, row)
  const isChange =
    row.token_type === 'email_change_token_new' || row.token_type === 'email_change_token_current'
  if (isChange && !(await changeEmail(context, transaction, row, row.token_type))) return false
  if (row.token_type === 'phone_change_token') await changePhone(context, transaction, row)
  await transaction.run(
    ...(isChange || row.token_type === 'phone_change_token' ? [] : confirm(context, row)),
    ...password,
    deleteOneTimeTokens(row.id),
    clearTokenColumns(row.id, context.now),
  )
  return true
}

/** Who accepts an invitation has a password nobody knows, until they choose one (as with GoTrue). */
function unknownPassword(context: AuthContext, row: TokenRow): Statement[] {
  const isInvited = row.token_type === 'confirmation_token' && row.invited_at !== null
  if (!isInvited || (row.encrypted_password ?? '') !== '') return []
  return [setPassword(row.id, nobodysHash, context.now)]
}

/** Whether the code went to a phone: no number has an @. */
export function isOfPhone({ token_relates_to: address }: TokenRow): boolean {
  return !address.includes('@')
}

function confirm(context: AuthContext, row: TokenRow): Statement[] {
  const isPhone = isOfPhone(row)
  const provider = isPhone ? 'phone' : 'email'
  const isKnown = isPhone ? row.phone_confirmed_at !== null : isConfirmed(row)
  if (isKnown) return [audit(context, row, 'login', { provider })]
  const verified = isPhone ? { phone_verified: true } : { email_verified: true }
  return [
    confirmUser(row.id, provider, context.now),
    updateIdentityData(row.id, provider, verified, context.now),
    audit(context, row, 'user_signedup', { provider }),
  ]
}

async function changePhone(
  context: AuthContext,
  transaction: Transaction,
  row: TokenRow,
): Promise<void> {
  const { now } = context
  const phone = row.phone_change ?? ''
  const audience = row.aud ?? context.audience
  const owners = await transaction.rows<UserRow>(findUserByPhone(phone, audience))
  if (owners.some(({ id }) => id !== row.id)) throw authErrors.phoneExists()
  const data = { sub: row.id, phone, email_verified: false, phone_verified: true }
  const identity = row.identities.some((own) => own['provider'] === 'phone')
    ? updateIdentityData(row.id, 'phone', { phone, phone_verified: true }, now)
    : insertIdentity(
        { id: newId(context), userId: row.id, provider: 'phone', providerId: row.id, data },
        now,
      )
  await transaction.run(
    applyPhoneChange(row.id, now),
    identity,
    refreshProviders(row.id, now),
    audit(context, row, 'user_modified'),
  )
}

async function changeEmail(
  context: AuthContext,
  transaction: Transaction,
  row: TokenRow,
  type: 'email_change_token_new' | 'email_change_token_current',
): Promise<boolean> {
  const { config, now } = context
  // where addresses need no confirmation, one of the two is enough
  const needsBoth =
    config['auth.email.enable_confirmations'] &&
    config['auth.email.double_confirm_changes'] &&
    (row.email ?? '') !== ''
  if (needsBoth) {
    const first = await transaction.rows(agreeToEmailChange(row.id, type, now))
    if (first.length > 0) return false
  }
  const email = row.email_change ?? ''
  const audience = row.aud ?? context.audience
  const owners = await transaction.rows(findUserOfEmail(email, audience, row.id))
  if (owners.length > 0) throw authErrors.emailExists()
  const data = { sub: row.id, email, email_verified: true, phone_verified: false }
  const identity = row.identities.some((own) => own['provider'] === 'email')
    ? updateIdentityData(row.id, 'email', { email, email_verified: true }, now)
    : insertIdentity(
        { id: newId(context), userId: row.id, provider: 'email', providerId: row.id, data },
        now,
      )
  await transaction.run(
    applyEmailChange(row.id, now),
    identity,
    refreshProviders(row.id, now),
    audit(context, row, 'user_modified'),
  )
  return true
}

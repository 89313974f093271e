/** What an answered token changes: the account confirmed, its address changed, a session begun or a PKCE code given out. */
import type { Transaction } from '#db'
import type { Statement } from '#sql'
import {
  audit,
  authErrors,
  begin,
  isConfirmed,
  issueInTransaction,
  newId,
  planSession,
} from '#auth/domain'
import type { AuthContext, GrantedSession, SessionGrant } from '#auth/domain'
import {
  agreeToEmailChange,
  applyEmailChange,
  applyPhoneChange,
  clearTokenColumns,
  confirmUser,
  deleteOneTimeTokens,
  findUserById,
  findUserByPhone,
  findUserOfEmail,
  insertIdentity,
  issueFlowCode,
  refreshProviders,
  takeToken,
  updateIdentityData,
} from '#auth/sql'
import type { TokenRow, UserRow } from '#auth/sql'

export interface SignedInByToken extends SessionGrant, GrantedSession {
  readonly user: UserRow
}

/** Null when the other address has to agree as well. */
export async function completeWithSession(
  context: AuthContext,
  row: TokenRow,
): Promise<SignedInByToken | null> {
  return begin(context, [], async (transaction) => {
    if (!(await complete(context, transaction, row))) return null
    const session = planSession(context, row.id, 'otp')
    await transaction.run(...session.statements)
    const [user] = await transaction.rows<UserRow>(findUserById(row.id))
    const issued = await issueInTransaction(context, transaction, user as UserRow, session)
    return { ...session, user: user as UserRow, issued }
  })
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
  return begin(context, [], async (transaction) => {
    if (!(await complete(context, transaction, row))) return null
    const method = flowMethods[type] ?? ofToken
    const [flow] = await transaction.rows<{ auth_code: string }>(
      issueFlowCode(row.id, method, context.now),
    )
    if (flow === undefined) throw authErrors.flowNotFound()
    return flow.auth_code
  })
}

/** False when the account waits for another answer. Every pending token is void after a true. */
async function complete(
  context: AuthContext,
  transaction: Transaction,
  row: TokenRow,
): Promise<boolean> {
  // whoever comes second, by another tab or a mail scanner, finds it used
  const taken = await transaction.rows(takeToken(row.id, row.token_type))
  if (taken.length === 0) throw authErrors.linkInvalid()
  const isChange =
    row.token_type === 'email_change_token_new' || row.token_type === 'email_change_token_current'
  if (isChange && !(await changeEmail(context, transaction, row, row.token_type))) return false
  if (row.token_type === 'phone_change_token') await changePhone(context, transaction, row)
  await transaction.run(
    ...(isChange || row.token_type === 'phone_change_token' ? [] : confirm(context, row)),
    deleteOneTimeTokens(row.id),
    clearTokenColumns(row.id, context.now),
  )
  return true
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
  const action = row.invited_at === null ? 'user_signedup' : 'invite_accepted'
  const verified = isPhone ? { phone_verified: true } : { email_verified: true }
  return [
    confirmUser(row.id, provider, context.now),
    updateIdentityData(row.id, provider, verified, context.now),
    audit(context, row, action, { provider }),
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
  const needsBoth = config['auth.email.double_confirm_changes'] && (row.email ?? '') !== ''
  if (needsBoth) {
    const first = await transaction.rows(agreeToEmailChange(row.id, type, now))
    if (first.length > 0) return false
  }
  const email = row.email_change ?? ''
  const audience = row.aud ?? context.audience
  const owners = await transaction.rows(findUserOfEmail(email, audience, row.id))
  if (owners.length > 0) throw authErrors.emailExists()
  await transaction.run(
    applyEmailChange(row.id, now),
    updateIdentityData(row.id, 'email', { email, email_verified: true }, now),
    audit(context, row, 'user_modified'),
  )
  return true
}

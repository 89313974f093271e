/** Somebody who was invited by mail signs in with a provider that knows the same address. */
import type { Transaction } from '#base/db'
import { audit, authErrors, newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { foldCase, identityData } from '#services/auth/provider'
import {
  confirmUser,
  deleteOneTimeTokens,
  findToken,
  findUserById,
  mergeUserMetadata,
  refreshProviders,
} from '#services/auth/sql'
import type { TokenRow, UserRow } from '#services/auth/sql'
import { linkingErrors } from './errors.ts'
import type { ExternalOutcome, ExternalSignIn } from './sign-in-externally.ts'
import { deleteOtherIdentities, insertNewIdentity, resetUnconfirmed } from './statements.ts'

/** Null when it is unknown or too old. */
export function pickInvite(
  { config, nowMs }: AuthContext,
  row: TokenRow | undefined,
): TokenRow | null {
  if (row === undefined) return null
  return nowMs > row.token_created_ms + config['auth.email.otp_expiry'] * 1000 ? null : row
}

/** @throws PlatformError 404 for an unknown invite, 400 for other people's addresses */
export async function acceptInvite(
  context: AuthContext,
  transaction: Transaction,
  { provider, user }: ExternalSignIn,
  token: string,
): Promise<ExternalOutcome> {
  const { now } = context
  const [row] = await transaction.rows<TokenRow>(findToken([token], ['confirmation_token']))
  const invited = pickInvite(context, row)
  if (invited === null) throw linkingErrors.inviteNotFound()
  const own = foldCase(invited.email ?? '')
  if (own === '' || !user.emails.some(({ email }) => foldCase(email) === own)) {
    const message = 'Invited email does not match emails from external provider'
    throw authErrors.invalid({ message })
  }
  const data = identityData(user)
  const id = newId(context)
  const identity = { id, userId: invited.id, provider, providerId: user.claims.sub, data }
  await transaction.run(
    insertNewIdentity(identity, now),
    audit(context, invited, 'invite_accepted', { provider }),
    // an invited account may carry what a stranger said of it before
    ...(invited.email_confirmed_at === null
      ? [resetUnconfirmed(invited.id, data, now), deleteOtherIdentities(invited.id, id)]
      : [mergeUserMetadata(invited.id, data, now)]),
    refreshProviders(invited.id, now),
    confirmUser(invited.id, 'email', now),
    deleteOneTimeTokens(invited.id),
  )
  const [found] = await transaction.rows<UserRow>(findUserById(invited.id))
  return { user: found as UserRow }
}

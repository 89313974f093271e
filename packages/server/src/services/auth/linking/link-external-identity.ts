/** A signed-in user adds an identity, by a provider or an ID token. */
import type { Transaction } from '#base/db'
import { authErrors, isBanned } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { identityData } from '#services/auth/provider'
import {
  confirmUser,
  deleteOneTimeTokens,
  findUserById,
  findUserOfEmail,
  refreshProviders,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { linkingErrors } from './errors.ts'
import { addIdentity, askToConfirm } from './sign-in-externally.ts'
import type { ExternalOutcome, ExternalSignIn } from './sign-in-externally.ts'
import { adoptIdentityEmail, endAnonymity, findIdentity } from './statements.ts'
import type { IdentityRow } from './statements.ts'

/** @throws PlatformError 422 when somebody, themselves included, has the identity already */
export async function linkExternalIdentity(
  context: AuthContext,
  transaction: Transaction,
  request: ExternalSignIn,
  targetId: string,
): Promise<ExternalOutcome> {
  const { provider } = request
  const data = identityData(request.user)
  const [target] = await transaction.rows<UserRow>(findUserById(targetId))
  if (target === undefined) throw linkingErrors.linkingTargetGone()
  if (isBanned(target, context.nowMs)) throw authErrors.bearerBanned()
  const [known] = await transaction.rows<IdentityRow>(
    findIdentity(request.user.claims.sub, provider),
  )
  if (known !== undefined) {
    throw known.user_id === targetId
      ? linkingErrors.identityLinked()
      : linkingErrors.identityTaken()
  }
  await addIdentity(context, transaction, target, provider, data)
  await transaction.run(refreshProviders(targetId, context.now))
  const refused = target.email ? null : await takeEmail(context, transaction, request, target)
  if (refused !== null) return refused
  const [user] = await transaction.rows<UserRow>(findUserById(targetId))
  return { user: user as UserRow, linked: provider }
}

/** An account without an address, an anonymous one for instance, gets the provider's. Null when all is done. */
async function takeEmail(
  context: AuthContext,
  transaction: Transaction,
  { provider, user, redirectTo }: ExternalSignIn,
  target: UserRow,
): Promise<ExternalOutcome | null> {
  const { now } = context
  const { email, email_verified: verified } = identityData(user)
  if (typeof email !== 'string') {
    await transaction.run(endAnonymity(target.id, now))
    return null
  }
  const owners = await transaction.rows(findUserOfEmail(email, context.audience, target.id))
  if (owners.length > 0) throw linkingErrors.linkedEmailTaken()
  await transaction.run(adoptIdentityEmail(target.id, email, now))
  if (verified !== true) {
    const mail = await askToConfirm(context, transaction, target, email, redirectTo)
    return { userId: target.id, mail, refusal: linkingErrors.linkedEmailUnverified({ provider }) }
  }
  await transaction.run(
    confirmUser(target.id, 'email', now),
    deleteOneTimeTokens(target.id),
    endAnonymity(target.id, now),
  )
  return null
}

/** The rows of a new account, but for what confirms it. */
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { beforeUserCreated } from '#services/auth/hooks'
import { insertIdentity, insertUser, mergeUserMetadata } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'

export interface NewAccount {
  readonly provider: 'email' | 'phone'
  readonly address: string
  /** What the client submitted about the user. */
  readonly data: JsonObject
  readonly passwordHash: string | null
  /** Made by an administrator: what is known of the address stays in the identity. */
  readonly byAdministrator?: boolean
}

export type Actor = Pick<UserRow, 'id' | 'email' | 'phone' | 'is_sso_user' | 'raw_user_meta_data'>

/** @throws PlatformError when the hook before users are created refuses this one */
export async function planNewUser(
  context: AuthContext,
  account: NewAccount,
): Promise<{ readonly actor: Actor; readonly statements: readonly Statement[] }> {
  const { provider, address, data, passwordHash } = account
  const id = newId(context)
  const email = provider === 'email' ? address : null
  const phone = provider === 'phone' ? address : null
  const appMetadata = { provider, providers: [provider] }
  const draft = { id, email, phone, appMetadata, userMetadata: data, isAnonymous: false }
  await beforeUserCreated(context, draft)
  const insert = insertUser({ ...draft, audience: context.audience, passwordHash }, context.now)
  const actor = { id, email, phone, is_sso_user: false, raw_user_meta_data: data }
  return { actor, statements: [insert, ...planIdentity(context, account, id, email)] }
}

/** What is known of a user that may not be written yet. */
export function renderActor(actor: Actor): JsonObject {
  const { id, email, phone, raw_user_meta_data: data } = actor
  return { id, email: email ?? '', phone: phone ?? '', user_metadata: data ?? {} }
}

/**
 * The identity: `sub`, `email`, `email_verified`, `phone_verified`. Of who signs up it has also what was submitted, and all
 * of it is the user's metadata too.
 */
export function planIdentity(
  context: AuthContext,
  {
    provider,
    data,
    byAdministrator = false,
  }: Pick<NewAccount, 'provider' | 'data' | 'byAdministrator'>,
  userId: string,
  email: string | null,
): Statement[] {
  const own = {
    sub: userId,
    ...(email === null ? {} : { email }),
    email_verified: false,
    phone_verified: false,
  }
  const identity = byAdministrator ? own : { ...data, ...own }
  const row = { id: newId(context), userId, provider, providerId: userId, data: identity }
  const insert = insertIdentity(row, context.now)
  return byAdministrator ? [insert] : [insert, mergeUserMetadata(userId, identity, context.now)]
}

/** Around users whom a provider, a wallet or single sign-on brings: hooks, and the mail about a new identity. */
import { authErrors, begin, newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { afterUserCreated, beforeUserCreated, findHook } from '#services/auth/hooks'
import { notify } from '#services/auth/messages'
import { identityData } from '#services/auth/provider'
import { decideLinking } from './decide-linking.ts'
import type { ExternalOutcome, ExternalSignIn } from './sign-in-externally.ts'

/**
 * Asks the hook before users are created, when one will be. Before the transaction that creates it, so that no
 * connection waits for other people's servers. @throws PlatformError when the hook refuses
 */
export async function announceExternalUser(
  context: AuthContext,
  { provider, user }: ExternalSignIn,
): Promise<void> {
  if (findHook(context.config, 'before_user_created') === null) return
  const decision = await begin(context, [], (transaction) =>
    decideLinking(context, transaction, provider, user),
  )
  if (decision.kind !== 'create') return
  if (!context.config['auth.enable_signup']) throw authErrors.signupDisabled()
  const { email } = decision.candidate
  await beforeUserCreated(context, {
    id: newId(context),
    email: email === '' ? null : email,
    phone: null,
    appMetadata: { provider, providers: [provider] },
    userMetadata: identityData(user),
  })
}

/** Once all is committed: a mail cannot be taken back, and other people's servers are slow. */
export async function reportExternalUser(
  context: AuthContext,
  { user, isNew, linked }: Extract<ExternalOutcome, { user: unknown }>,
): Promise<void> {
  if (isNew === true) await afterUserCreated(context, user)
  if (linked !== undefined) await notify(context, user, 'identity_linked', { provider: linked })
}

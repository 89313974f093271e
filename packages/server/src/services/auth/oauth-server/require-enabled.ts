/** Who may use the OAuth server at all. */
import { authErrors, requireUser } from '#services/auth/core'
import type { AuthContext, SignedIn } from '#services/auth/core'
import { oauthServerErrors } from './errors.ts'

/** @throws PlatformError 404 where `[auth.oauth_server]` is off */
export function requireEnabled({ config }: AuthContext): void {
  if (!config['auth.oauth_server.enabled'])
    throw authErrors.featureDisabled({ feature: 'OAuth server' })
}

/** The user in person: an application that was let in may not let in others. @throws PlatformError 403 */
export async function requirePerson(context: AuthContext): Promise<SignedIn> {
  const signedIn = await requireUser(context)
  const isClient = signedIn.session?.session_client_id != null
  if (isClient || signedIn.claims['client_id'] !== undefined)
    throw oauthServerErrors.clientTokenNotAllowed()
  return signedIn
}

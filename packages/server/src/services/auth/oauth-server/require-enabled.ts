/** Who may use the OAuth server at all. */
import { authErrors } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'

/** @throws PlatformError 404 where `[auth.oauth_server]` is off */
export function requireEnabled({ config }: AuthContext): void {
  if (!config['auth.oauth_server.enabled'])
    throw authErrors.featureDisabled({ feature: 'OAuth server' })
}

/** GET /settings: what a sign-in page needs to know. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { externalProviders } from '#base/config'
import type { AuthContext } from '#services/auth/core'
import { smsProviderOf } from '#services/auth/messages'

/** GoTrue's answer does not know these. */
const untold: readonly string[] = ['vercel_marketplace', 'x']
const providers = externalProviders.filter((name) => !untold.includes(name))

export function getSettings({ config }: AuthContext): HttpResponse {
  const enabled = (name: string): boolean => config['auth.external'][name]?.enabled === true
  return jsonResponse(200, {
    external: {
      anonymous_users: config['auth.enable_anonymous_sign_ins'],
      ...Object.fromEntries(providers.map((name) => [name, enabled(name)])),
      email: config['auth.email.enable_signup'],
      phone: config['auth.sms.enable_signup'],
    },
    disable_signup: !config['auth.enable_signup'],
    mailer_autoconfirm: !config['auth.email.enable_confirmations'],
    phone_autoconfirm: !config['auth.sms.enable_confirmations'],
    sms_provider: smsProviderOf(config) ?? '',
    saml_enabled: config['auth.saml.enabled'],
    saml_private_key_next_configured: false,
    passkeys_enabled: config['auth.passkey.enabled'],
  })
}

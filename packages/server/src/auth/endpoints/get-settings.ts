/** GET /settings: what a sign-in page needs to know. */
import { jsonResponse } from '#http'
import type { HttpResponse } from '#http'
import { smsProviderOf } from '#auth/domain'
import type { AuthContext } from '#auth/domain'

const providers = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'kakao',
  'keycloak',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'slack',
  'slack_oidc',
  'snapchat',
  'spotify',
  'twitch',
  'twitter',
  'workos',
  'zoom',
]

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

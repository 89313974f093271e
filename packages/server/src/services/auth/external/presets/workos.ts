/** WorkOS (supabase/auth internal/api/provider). */
import { textAt, valueAt } from '#services/auth/outside'
import { hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const workos: Preset = {
  scopes: [],
  ignoresScopes: true,
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.workos.com')}/sso`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  // the profile comes with the token
  readUser: async ({ settings, tokens }) => {
    const user = valueAt(tokens.raw, 'profile')
    const sub = textAt(user, 'id')
    const name = `${textAt(user, 'first_name')} ${textAt(user, 'last_name')}`.trim()
    return Promise.resolve({
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(
        hostOr(settings, 'api.workos.com'),
        { sub, name },
        {
          custom_claims: {
            connection_id: textAt(user, 'connection_id'),
            organization_id: textAt(user, 'organization_id'),
          },
        },
      ),
    })
  },
}

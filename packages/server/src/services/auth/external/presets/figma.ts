/** Figma (supabase/auth internal/api/provider). */
import { idAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const figma: Preset = {
  scopes: ['current_user:read'],
  clientAuth: 'basic',
  locate: (settings) => ({
    authorization: `${hostOr(settings, 'www.figma.com')}/oauth`,
    token: `${hostOr(settings, 'api.figma.com')}/v1/oauth/token`,
  }),
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.figma.com')
    const user = await fetchUser(session, `${api}/v1/me`)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'handle')
    const avatar_url = textAt(user, 'img_url')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(api, { sub, name }, { avatar_url }),
    }
  },
}

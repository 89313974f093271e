/** Bitbucket (supabase/auth internal/api/provider). */
import { isTrueAt, listAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const bitbucket: Preset = {
  scopes: ['account', 'email'],
  ignoresScopes: true,
  clientAuth: 'basic',
  locate: (settings) => {
    const base = `${hostOr(settings, 'bitbucket.org')}/site/oauth2`
    return { authorization: `${base}/authorize`, token: `${base}/access_token` }
  },
  readUser: async (session) => {
    const api = `${hostOr(session.settings, 'api.bitbucket.org')}/2.0`
    const user = await fetchUser(session, `${api}/user`)
    const emails = await fetchUser(session, `${api}/user/emails`)
    const sub = textAt(user, 'uuid')
    const name = textAt(user, 'display_name')
    const picture = textAt(user, 'avatar', 'href')
    return {
      emails: listAt(emails, 'values').map((item) => ({
        email: textAt(item, 'email'),
        verified: isTrueAt(item, 'is_confirmed'),
        primary: isTrueAt(item, 'is_primary'),
      })),
      claims: usualClaims(api, { sub, name, picture }),
    }
  },
}

/** Zoom (supabase/auth internal/api/provider). */
import { idAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const zoom: Preset = {
  scopes: [],
  ignoresScopes: true,
  clientAuth: 'basic',
  locate: (settings) => {
    const base = `${hostOr(settings, 'zoom.us')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = `${hostOr(session.settings, 'api.zoom.us')}/v2`
    const user = await fetchUser(session, `${api}/users/me`)
    const sub = textAt(user, 'id')
    const name = `${textAt(user, 'first_name')} ${textAt(user, 'last_name')}`.trim()
    const picture = textAt(user, 'pic_url')
    // accounts of Zoom itself (login type 100) may be unconfirmed, those of others are not
    const verified = idAt(user, 'login_type') !== '100' || valueAt(user, 'verified') === 1
    return {
      emails: primaryEmail(textAt(user, 'email'), verified),
      claims: usualClaims(api, { sub, name, picture }),
    }
  },
}

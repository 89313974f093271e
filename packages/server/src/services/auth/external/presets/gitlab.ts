/** GitLab (supabase/auth internal/api/provider). */
import { idAt, listAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const gitlab: Preset = {
  scopes: ['read_user'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'gitlab.com')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const host = hostOr(session.settings, 'gitlab.com')
    const user = await fetchUser(session, `${host}/api/v4/user`)
    const others = await fetchUser(session, `${host}/api/v4/user/emails`)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'name')
    const picture = textAt(user, 'avatar_url')
    return {
      emails: [
        // GitLab does not say which of these are confirmed
        ...listAt(others).map((item) => ({
          email: textAt(item, 'email'),
          verified: false,
          primary: false,
        })),
        ...primaryEmail(textAt(user, 'email'), textAt(user, 'confirmed_at') !== ''),
      ],
      claims: usualClaims(host, { sub, name, picture }),
    }
  },
}

/** GitHub (supabase/auth internal/api/provider). */
import { idAt, isTrueAt, listAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const github: Preset = {
  scopes: ['user:email'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'github.com')}/login/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/access_token` }
  },
  readUser: async (session) => {
    const { url } = session.settings
    // an Enterprise Server has its API beside the pages
    const api = url === '' ? 'https://api.github.com' : `${url}/api/v3`
    const user = await fetchUser(session, `${api}/user`)
    const emails = await fetchUser(session, `${api}/user/emails`)
    const sub = idAt(user, 'id')
    const login = textAt(user, 'login')
    const name = textAt(user, 'name')
    return {
      emails: listAt(emails).map((item) => ({
        email: textAt(item, 'email'),
        verified: isTrueAt(item, 'verified'),
        primary: isTrueAt(item, 'primary'),
      })),
      claims: usualClaims(
        api,
        { sub, name },
        {
          preferred_username: login,
          user_name: login,
          avatar_url: textAt(user, 'avatar_url'),
        },
      ),
    }
  },
}

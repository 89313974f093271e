/** X, by OAuth 2 (supabase/auth internal/api/provider). */
import { idAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const x: Preset = {
  scopes: ['users.email', 'tweet.read', 'users.read', 'offline.access'],
  clientAuth: 'basic',
  pkce: true,
  locate: (settings) => ({
    authorization: `${hostOr(settings, 'x.com')}/i/oauth2/authorize`,
    token: `${hostOr(settings, 'api.x.com')}/2/oauth2/token`,
  }),
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.x.com')
    const fields = 'id,name,username,confirmed_email,profile_image_url,url,created_at'
    const user = valueAt(
      await fetchUser(session, `${api}/2/users/me?user.fields=${fields}`),
      'data',
    )
    const sub = idAt(user, 'id')
    const name = textAt(user, 'name')
    const login = textAt(user, 'username')
    const picture = textAt(user, 'profile_image_url')
    return {
      emails: primaryEmail(textAt(user, 'confirmed_email'), true),
      claims: usualClaims(
        api,
        { sub, name, picture },
        {
          preferred_username: login,
          user_name: login,
          profile: `https://x.com/${login}`,
          website: textAt(user, 'url'),
          custom_claims: { created_at: textAt(user, 'created_at') },
        },
      ),
    }
  },
}

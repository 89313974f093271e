/** Snapchat (supabase/auth internal/api/provider). */
import { textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, issuers, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const snapchat: Preset = {
  scopes: ['user.external_id', 'user.display_name', 'user.bitmoji.avatar'].map(
    (name) => `https://auth.snapchat.com/oauth2/api/${name}`,
  ),
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'accounts.snapchat.com')}/accounts/oauth2`
    return { authorization: `${base}/auth`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'kit.snapchat.com')
    const query = encodeURIComponent('{me { externalId displayName bitmoji { avatar id } email } }')
    const answer = await fetchUser(session, `${api}/v1/me?query=${query}`)
    const user = valueAt(answer, 'data', 'me')
    const sub = textAt(user, 'externalId')
    const name = textAt(user, 'displayName')
    const picture = textAt(user, 'bitmoji', 'avatar')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(
        issuers.snapchat,
        { sub, name, picture },
        {
          slug: name,
        },
      ),
    }
  },
}

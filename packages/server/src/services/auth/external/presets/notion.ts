/** Notion (supabase/auth internal/api/provider). */
import { textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const notion: Preset = {
  scopes: [],
  ignoresScopes: true,
  clientAuth: 'basic',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.notion.com')}/v1/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.notion.com')
    const version = { 'notion-version': '2021-08-16' }
    const answer = await fetchUser(session, `${api}/v1/users/me`, version)
    const user = valueAt(answer, 'bot', 'owner', 'user')
    const sub = textAt(user, 'id')
    const name = textAt(user, 'name')
    const picture = textAt(user, 'avatar_url')
    return {
      emails: primaryEmail(textAt(user, 'person', 'email'), true),
      claims: usualClaims(api, { sub, name, picture }),
    }
  },
}

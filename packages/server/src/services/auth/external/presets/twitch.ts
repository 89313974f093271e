/** Twitch (supabase/auth internal/api/provider). */
import { idAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const twitch: Preset = {
  scopes: ['user:read:email'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'id.twitch.tv')}/oauth2`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const { settings } = session
    const api = hostOr(settings, 'api.twitch.tv')
    const client = { 'client-id': settings.clientIds[0] ?? '' }
    const user = valueAt(await fetchUser(session, `${api}/helix/users`, client), 'data', 0)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'login')
    const alias = textAt(user, 'display_name')
    const picture = textAt(user, 'profile_image_url')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(
        api,
        { sub, name, picture },
        {
          nickname: alias,
          slug: alias,
          custom_claims: {
            broadcaster_type: textAt(user, 'broadcaster_type'),
            description: textAt(user, 'description'),
            type: textAt(user, 'type'),
            offline_image_url: textAt(user, 'offline_image_url'),
            view_count: valueAt(user, 'view_count') ?? 0,
          },
        },
      ),
    }
  },
}

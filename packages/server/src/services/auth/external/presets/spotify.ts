/** Spotify (supabase/auth internal/api/provider). */
import type { Json } from '#base/kernel'
import { listAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const spotify: Preset = {
  scopes: ['user-read-email'],
  clientAuth: 'basic',
  locate: (settings) => {
    const host = hostOr(settings, 'accounts.spotify.com')
    return { authorization: `${host}/authorize`, token: `${host}/api/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.spotify.com/v1')
    const user = await fetchUser(session, `${api}/me`)
    const sub = textAt(user, 'id')
    const name = textAt(user, 'display_name')
    const picture = largest(listAt(user, 'images'))
    return {
      // Spotify does not say whether the address was confirmed
      emails: primaryEmail(textAt(user, 'email'), false),
      claims: usualClaims(api, { sub, name, picture }),
    }
  },
}

function largest(images: readonly Json[]): string {
  const area = (image: Json): number =>
    (Number(valueAt(image, 'height')) || 0) * (Number(valueAt(image, 'width')) || 0)
  const [first] = images.toSorted((a, b) => area(b) - area(a))
  return textAt(first, 'url')
}

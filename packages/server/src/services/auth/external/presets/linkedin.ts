/** LinkedIn's first API (supabase/auth internal/api/provider). */
import type { Json } from '#base/kernel'
import { textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const linkedin: Preset = {
  scopes: ['r_emailaddress', 'r_liteprofile'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.linkedin.com')}/oauth/v2`
    return { authorization: `${base}/authorization`, token: `${base}/accessToken` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.linkedin.com')
    const projection = '(id,firstName,lastName,profilePicture(displayImage~:playableStreams))'
    const user = await fetchUser(session, `${api}/v2/me?projection=${projection}`)
    const contact = await fetchUser(
      session,
      `${api}/v2/emailAddress?q=members&projection=(elements*(handle~))`,
    )
    const sub = textAt(user, 'id')
    const name =
      `${localized(valueAt(user, 'firstName'))} ${localized(valueAt(user, 'lastName'))}`.trim()
    const images = valueAt(user, 'profilePicture', 'displayImage~')
    const picture = textAt(images, 'elements', 0, 'identifiers', 0, 'identifier')
    return {
      emails: primaryEmail(textAt(contact, 'elements', 0, 'handle~', 'emailAddress'), true),
      claims: usualClaims(api, { sub, name, picture }),
    }
  },
}

/** `{ localized: { de_DE: 'A' }, preferredLocale: { language: 'de', country: 'DE' } }` → `'A'` */
function localized(name: Json): string {
  const locale = valueAt(name, 'preferredLocale')
  return textAt(name, 'localized', `${textAt(locale, 'language')}_${textAt(locale, 'country')}`)
}

/** Facebook (supabase/auth internal/api/provider). */
import { createHmac } from 'node:crypto'
import { idAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const facebook: Preset = {
  scopes: ['email'],
  clientAuth: 'post',
  locate: (settings) => ({
    authorization: `${hostOr(settings, 'www.facebook.com')}/dialog/oauth`,
    token: `${hostOr(settings, 'graph.facebook.com')}/oauth/access_token`,
  }),
  readUser: async (session) => {
    const { settings, tokens } = session
    const profile = `${hostOr(settings, 'graph.facebook.com')}/me?fields=email,first_name,last_name,name,picture`
    const proof = createHmac('sha256', settings.clientSecret).update(tokens.accessToken)
    const user = await fetchUser(session, `${profile}&appsecret_proof=${proof.digest('hex')}`)
    const sub = idAt(user, 'id')
    const name = `${textAt(user, 'first_name')} ${textAt(user, 'last_name')}`.trim()
    const alias = textAt(user, 'name')
    const picture = textAt(user, 'picture', 'data', 'url')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(
        profile,
        { sub, name, picture },
        {
          nickname: alias,
          slug: alias,
        },
      ),
    }
  },
}

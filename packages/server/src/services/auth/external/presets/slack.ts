/** Slack (supabase/auth internal/api/provider). */
import { isTrueAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

/** Slack's two generations differ in paths and in what they say of addresses. */
function preset(paths: { authorize: string; token: string }, saysVerified: boolean): Preset {
  return {
    scopes: ['profile', 'email', 'openid'],
    clientAuth: 'post',
    locate: (settings) => {
      const host = hostOr(settings, 'slack.com')
      return { authorization: `${host}${paths.authorize}`, token: `${host}/api/${paths.token}` }
    },
    readUser: async (session) => {
      const api = `${hostOr(session.settings, 'slack.com')}/api`
      const user = await fetchUser(session, `${api}/openid.connect.userInfo`)
      const sub = textAt(user, 'https://slack.com/user_id')
      const name = textAt(user, 'name')
      const picture = textAt(user, 'picture')
      const team = 'https://slack.com/team_id'
      return {
        emails: primaryEmail(
          textAt(user, 'email'),
          !saysVerified || isTrueAt(user, 'email_verified'),
        ),
        claims: usualClaims(
          api,
          { sub, name, picture },
          {
            custom_claims: { [team]: textAt(user, team) },
          },
        ),
      }
    },
  }
}

export const slack = preset({ authorize: '/oauth/authorize', token: 'oauth.access' }, false)

export const slackOidc = preset(
  { authorize: '/openid/connect/authorize', token: 'openid.connect.token' },
  true,
)

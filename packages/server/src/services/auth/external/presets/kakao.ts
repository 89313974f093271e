/** Kakao (supabase/auth internal/api/provider). */
import { idAt, isTrueAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const kakao: Preset = {
  scopes: ['account_email', 'profile_image', 'profile_nickname'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'kauth.kakao.com')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'kapi.kakao.com')
    const user = await fetchUser(session, `${api}/v2/user/me`)
    const account = valueAt(user, 'kakao_account')
    const sub = idAt(user, 'id')
    const name = textAt(account, 'profile', 'nickname')
    const verified = isTrueAt(account, 'is_email_verified') && isTrueAt(account, 'is_email_valid')
    return {
      emails: primaryEmail(textAt(account, 'email'), verified),
      claims: usualClaims(
        api,
        { sub, name },
        {
          preferred_username: name,
          user_name: name,
          avatar_url: textAt(account, 'profile', 'profile_image_url'),
        },
      ),
    }
  },
}

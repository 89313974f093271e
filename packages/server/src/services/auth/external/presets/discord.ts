/** Discord (supabase/auth internal/api/provider). */
import { idAt, isTrueAt, textAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const discord: Preset = {
  scopes: ['email', 'identify'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'discord.com')}/api/oauth2`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = `${hostOr(session.settings, 'discord.com')}/api`
    const user = await fetchUser(session, `${api}/users/@me`)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'username')
    const picture = discordAvatar(sub, textAt(user, 'avatar'), textAt(user, 'discriminator'))
    return {
      emails: primaryEmail(textAt(user, 'email'), isTrueAt(user, 'verified')),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name: `${name}#${textAt(user, 'discriminator')}`,
        full_name: name,
        picture,
        avatar_url: picture,
        custom_claims: { global_name: textAt(user, 'global_name') },
      },
    }
  },
}

/** Animated ones begin with `a_`; without one Discord draws one of five. */
function discordAvatar(id: string, avatar: string, discriminator: string): string {
  const cdn = 'https://cdn.discordapp.com'
  if (avatar === '') return `${cdn}/embed/avatars/${(Number(discriminator) || 0) % 5}.png`
  return `${cdn}/avatars/${id}/${avatar}.${avatar.startsWith('a_') ? 'gif' : 'png'}`
}

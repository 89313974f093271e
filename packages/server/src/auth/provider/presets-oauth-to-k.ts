/** Providers that have a user endpoint of their own, A to K (supabase/auth internal/api/provider). */
import { createHmac } from 'node:crypto'
import { hostOr } from './preset.ts'
import type { Preset } from './preset.ts'
import { fetchUser } from './preset-requests.ts'
import { primaryEmail } from './provider-user.ts'
import { idAt, isTrueAt, listAt, textAt, valueAt } from './read-json.ts'

const bitbucket: Preset = {
  scopes: ['account', 'email'],
  ignoresScopes: true,
  clientAuth: 'basic',
  locate: (settings) => {
    const base = `${hostOr(settings, 'bitbucket.org')}/site/oauth2`
    return { authorization: `${base}/authorize`, token: `${base}/access_token` }
  },
  readUser: async (session) => {
    const api = `${hostOr(session.settings, 'api.bitbucket.org')}/2.0`
    const user = await fetchUser(session, `${api}/user`)
    const emails = await fetchUser(session, `${api}/user/emails`)
    const sub = textAt(user, 'uuid')
    const name = textAt(user, 'display_name')
    const picture = textAt(user, 'avatar', 'href')
    return {
      emails: listAt(emails, 'values').map((item) => ({
        email: textAt(item, 'email'),
        verified: isTrueAt(item, 'is_confirmed'),
        primary: isTrueAt(item, 'is_primary'),
      })),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        picture,
        avatar_url: picture,
      },
    }
  },
}

const discord: Preset = {
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

const facebook: Preset = {
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
      claims: {
        iss: profile,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        nickname: alias,
        slug: alias,
        picture,
        avatar_url: picture,
      },
    }
  },
}

const figma: Preset = {
  scopes: ['current_user:read'],
  clientAuth: 'basic',
  locate: (settings) => ({
    authorization: `${hostOr(settings, 'www.figma.com')}/oauth`,
    token: `${hostOr(settings, 'api.figma.com')}/v1/oauth/token`,
  }),
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.figma.com')
    const user = await fetchUser(session, `${api}/v1/me`)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'handle')
    const avatar_url = textAt(user, 'img_url')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: { iss: api, sub, provider_id: sub, name, full_name: name, avatar_url },
    }
  },
}

const fly: Preset = {
  scopes: ['read'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.fly.io')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.fly.io')
    const user = await fetchUser(session, `${api}/oauth/token/info`)
    const sub = idAt(user, 'user_id')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        full_name: textAt(user, 'user_name'),
        custom_claims: {
          resource_owner_id: textAt(user, 'resource_owner_id'),
          organizations: valueAt(user, 'organizations'),
          application: valueAt(user, 'application'),
          scope: valueAt(user, 'scope'),
          created_at: valueAt(user, 'created_at'),
        },
      },
    }
  },
}

const github: Preset = {
  scopes: ['user:email'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'github.com')}/login/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/access_token` }
  },
  readUser: async (session) => {
    const { url } = session.settings
    // an Enterprise Server has its API beside the pages
    const api = url === '' ? 'https://api.github.com' : `${url}/api/v3`
    const user = await fetchUser(session, `${api}/user`)
    const emails = await fetchUser(session, `${api}/user/emails`)
    const sub = idAt(user, 'id')
    const login = textAt(user, 'login')
    const name = textAt(user, 'name')
    return {
      emails: listAt(emails).map((item) => ({
        email: textAt(item, 'email'),
        verified: isTrueAt(item, 'verified'),
        primary: isTrueAt(item, 'primary'),
      })),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        preferred_username: login,
        user_name: login,
        avatar_url: textAt(user, 'avatar_url'),
      },
    }
  },
}

const gitlab: Preset = {
  scopes: ['read_user'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'gitlab.com')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const host = hostOr(session.settings, 'gitlab.com')
    const user = await fetchUser(session, `${host}/api/v4/user`)
    const others = await fetchUser(session, `${host}/api/v4/user/emails`)
    const sub = idAt(user, 'id')
    const name = textAt(user, 'name')
    const picture = textAt(user, 'avatar_url')
    return {
      emails: [
        // GitLab does not say which of these are confirmed
        ...listAt(others).map((item) => ({
          email: textAt(item, 'email'),
          verified: false,
          primary: false,
        })),
        ...primaryEmail(textAt(user, 'email'), textAt(user, 'confirmed_at') !== ''),
      ],
      claims: {
        iss: host,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        picture,
        avatar_url: picture,
      },
    }
  },
}

const kakao: Preset = {
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
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        preferred_username: name,
        user_name: name,
        avatar_url: textAt(account, 'profile', 'profile_image_url'),
      },
    }
  },
}

export const oauthPresetsToK: Readonly<Record<string, Preset>> = {
  bitbucket,
  discord,
  facebook,
  figma,
  fly,
  github,
  gitlab,
  kakao,
}

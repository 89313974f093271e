/** Providers that have a user endpoint of their own, L to Z (supabase/auth internal/api/provider). */
import type { Json } from '#kernel'
import { issuers } from './id-token-user.ts'
import { hostOr } from './preset.ts'
import type { Preset } from './preset.ts'
import { fetchUser } from './preset-requests.ts'
import { primaryEmail } from './provider-user.ts'
import { idAt, isTrueAt, listAt, textAt, valueAt } from './read-json.ts'

const linkedin: Preset = {
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

/** `{ localized: { de_DE: 'A' }, preferredLocale: { language: 'de', country: 'DE' } }` → `'A'` */
function localized(name: Json): string {
  const locale = valueAt(name, 'preferredLocale')
  return textAt(name, 'localized', `${textAt(locale, 'language')}_${textAt(locale, 'country')}`)
}

const notion: Preset = {
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

/** Slack's two generations differ in paths and in what they say of addresses. */
function slack(paths: { authorize: string; token: string }, saysVerified: boolean): Preset {
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
        claims: {
          iss: api,
          sub,
          provider_id: sub,
          name,
          full_name: name,
          picture,
          avatar_url: picture,
          custom_claims: { [team]: textAt(user, team) },
        },
      }
    },
  }
}

const snapchat: Preset = {
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
      claims: {
        iss: issuers.snapchat,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        slug: name,
        picture,
        avatar_url: picture,
      },
    }
  },
}

const spotify: Preset = {
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

function largest(images: readonly Json[]): string {
  const area = (image: Json): number =>
    (Number(valueAt(image, 'height')) || 0) * (Number(valueAt(image, 'width')) || 0)
  const [first] = images.toSorted((a, b) => area(b) - area(a))
  return textAt(first, 'url')
}

const twitch: Preset = {
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
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        nickname: alias,
        slug: alias,
        picture,
        avatar_url: picture,
        custom_claims: {
          broadcaster_type: textAt(user, 'broadcaster_type'),
          description: textAt(user, 'description'),
          type: textAt(user, 'type'),
          offline_image_url: textAt(user, 'offline_image_url'),
          view_count: valueAt(user, 'view_count') ?? 0,
        },
      },
    }
  },
}

const workos: Preset = {
  scopes: [],
  ignoresScopes: true,
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.workos.com')}/sso`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  // the profile comes with the token
  readUser: async ({ settings, tokens }) => {
    const user = valueAt(tokens.raw, 'profile')
    const sub = textAt(user, 'id')
    const name = `${textAt(user, 'first_name')} ${textAt(user, 'last_name')}`.trim()
    return Promise.resolve({
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: {
        iss: hostOr(settings, 'api.workos.com'),
        sub,
        provider_id: sub,
        name,
        full_name: name,
        custom_claims: {
          connection_id: textAt(user, 'connection_id'),
          organization_id: textAt(user, 'organization_id'),
        },
      },
    })
  },
}

const x: Preset = {
  scopes: ['users.email', 'tweet.read', 'users.read', 'offline.access'],
  clientAuth: 'basic',
  pkce: true,
  locate: (settings) => ({
    authorization: `${hostOr(settings, 'x.com')}/i/oauth2/authorize`,
    token: `${hostOr(settings, 'api.x.com')}/2/oauth2/token`,
  }),
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.x.com')
    const fields = 'id,name,username,confirmed_email,profile_image_url,url,created_at'
    const user = valueAt(
      await fetchUser(session, `${api}/2/users/me?user.fields=${fields}`),
      'data',
    )
    const sub = idAt(user, 'id')
    const name = textAt(user, 'name')
    const login = textAt(user, 'username')
    const picture = textAt(user, 'profile_image_url')
    return {
      emails: primaryEmail(textAt(user, 'confirmed_email'), true),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        preferred_username: login,
        user_name: login,
        picture,
        avatar_url: picture,
        profile: `https://x.com/${login}`,
        website: textAt(user, 'url'),
        custom_claims: { created_at: textAt(user, 'created_at') },
      },
    }
  },
}

const zoom: Preset = {
  scopes: [],
  ignoresScopes: true,
  clientAuth: 'basic',
  locate: (settings) => {
    const base = `${hostOr(settings, 'zoom.us')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = `${hostOr(session.settings, 'api.zoom.us')}/v2`
    const user = await fetchUser(session, `${api}/users/me`)
    const sub = textAt(user, 'id')
    const name = `${textAt(user, 'first_name')} ${textAt(user, 'last_name')}`.trim()
    const picture = textAt(user, 'pic_url')
    // accounts of Zoom itself (login type 100) may be unconfirmed, those of others are not
    const verified = idAt(user, 'login_type') !== '100' || valueAt(user, 'verified') === 1
    return {
      emails: primaryEmail(textAt(user, 'email'), verified),
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

export const oauthPresetsFromL: Readonly<Record<string, Preset>> = {
  linkedin,
  notion,
  slack: slack({ authorize: '/oauth/authorize', token: 'oauth.access' }, false),
  slack_oidc: slack(
    { authorize: '/openid/connect/authorize', token: 'openid.connect.token' },
    true,
  ),
  snapchat,
  spotify,
  twitch,
  workos,
  x,
  zoom,
}

import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig, overlayConfig } from '#base/config'
import { systemClock } from '#base/kernel'
import { createDiscovery, createOutgoing } from '#services/auth/outside'
import { authorizationUrl, exchangeCode, identityData } from '#services/auth/provider'
import type { Preset, ProviderSettings, ProviderTools, ProviderUser } from '#services/auth/provider'
import { createLocalHosts, serveJson } from '#services/auth/testing/providers'
import type { LocalServer } from '#services/auth/testing/providers'
import { presets } from './presets.ts'

/** What a provider answers, by host and path as we ask for them. */
type Answers = Readonly<Record<string, unknown>>

interface Shape {
  readonly authorization: string
  readonly scope: string | null
  readonly answers: Answers
  readonly tokens?: Record<string, unknown>
  readonly claims: Record<string, unknown>
}

const email = 'ada@example.com'
const verified = { email, email_verified: true, phone_verified: false }

/** Shapes as the providers document them; claims as supabase/auth stores them. */
const shapes: Readonly<Record<string, Shape>> = {
  bitbucket: {
    authorization: 'https://bitbucket.org/site/oauth2/authorize',
    scope: 'account email',
    answers: {
      'api.bitbucket.org/2.0/user': {
        uuid: '{b1}',
        display_name: 'Ada',
        avatar: { links: 1, href: 'https://a' },
      },
      'api.bitbucket.org/2.0/user/emails': {
        values: [{ email, is_primary: true, is_confirmed: true }],
      },
    },
    claims: {
      ...verified,
      sub: '{b1}',
      name: 'Ada',
      picture: 'https://a',
      iss: 'https://api.bitbucket.org/2.0',
    },
  },
  discord: {
    authorization: 'https://discord.com/api/oauth2/authorize',
    scope: 'email identify extra',
    answers: {
      'discord.com/api/users/@me': {
        id: '80',
        username: 'ada',
        discriminator: '0007',
        email,
        verified: true,
        avatar: 'a_1',
        global_name: 'Ada L',
      },
    },
    claims: {
      ...verified,
      sub: '80',
      name: 'ada#0007',
      picture: 'https://cdn.discordapp.com/avatars/80/a_1.gif',
      custom_claims: { global_name: 'Ada L' },
    },
  },
  facebook: {
    authorization: 'https://www.facebook.com/dialog/oauth',
    scope: 'email extra',
    answers: {
      'graph.facebook.com/me': {
        id: '7',
        first_name: 'Ada',
        last_name: 'L',
        name: 'adal',
        email,
        picture: { data: { url: 'https://a' } },
      },
    },
    claims: {
      ...verified,
      sub: '7',
      name: 'Ada L',
      nickname: 'adal',
      slug: 'adal',
      picture: 'https://a',
    },
  },
  figma: {
    authorization: 'https://www.figma.com/oauth',
    scope: 'current_user:read extra',
    answers: { 'api.figma.com/v1/me': { id: 'f', email, handle: 'Ada', img_url: 'https://a' } },
    claims: { ...verified, sub: 'f', name: 'Ada', avatar_url: 'https://a' },
  },
  fly: {
    authorization: 'https://api.fly.io/oauth/authorize',
    scope: 'read extra',
    answers: {
      'api.fly.io/oauth/token/info': {
        user_id: 'u',
        user_name: 'Ada',
        email,
        resource_owner_id: 'r',
        organizations: [{ id: 'o', role: 'admin' }],
        created_at: 5,
      },
    },
    claims: {
      ...verified,
      sub: 'u',
      full_name: 'Ada',
      custom_claims: {
        resource_owner_id: 'r',
        organizations: [{ id: 'o', role: 'admin' }],
        application: null,
        scope: null,
        created_at: 5,
      },
    },
  },
  github: {
    authorization: 'https://github.com/login/oauth/authorize',
    scope: 'user:email extra',
    answers: {
      'api.github.com/user': { id: 9, login: 'ada', name: 'Ada', avatar_url: 'https://a' },
      'api.github.com/user/emails': [
        { email: 'old@example.com', verified: true, primary: false },
        { email, verified: true, primary: true },
      ],
    },
    claims: {
      ...verified,
      sub: '9',
      user_name: 'ada',
      preferred_username: 'ada',
      avatar_url: 'https://a',
      provider_id: '9',
    },
  },
  gitlab: {
    authorization: 'https://gitlab.com/oauth/authorize',
    scope: 'read_user extra',
    answers: {
      'gitlab.com/api/v4/user': {
        id: 3,
        name: 'Ada',
        email,
        avatar_url: 'https://a',
        confirmed_at: '2020-01-01',
      },
      'gitlab.com/api/v4/user/emails': [{ id: 1, email: 'old@example.com' }],
    },
    claims: { ...verified, sub: '3', name: 'Ada', picture: 'https://a' },
  },
  kakao: {
    authorization: 'https://kauth.kakao.com/oauth/authorize',
    scope: 'account_email profile_image profile_nickname extra',
    answers: {
      'kapi.kakao.com/v2/user/me': {
        id: 12,
        kakao_account: {
          email,
          is_email_valid: true,
          is_email_verified: true,
          profile: { nickname: 'Ada', profile_image_url: 'https://a' },
        },
      },
    },
    claims: { ...verified, sub: '12', name: 'Ada', user_name: 'Ada', avatar_url: 'https://a' },
  },
  keycloak: {
    authorization: 'https://kc.example.com/realms/x/protocol/openid-connect/auth',
    scope: 'profile email extra',
    answers: {
      'kc.example.com/realms/x/protocol/openid-connect/userinfo': {
        sub: 'k',
        name: 'Ada',
        email,
        email_verified: true,
        groups: ['a'],
      },
    },
    claims: {
      ...verified,
      sub: 'k',
      full_name: 'Ada',
      custom_claims: { groups: ['a'] },
      iss: 'https://kc.example.com/realms/x',
    },
  },
  linkedin: {
    authorization: 'https://api.linkedin.com/oauth/v2/authorization',
    scope: 'r_emailaddress r_liteprofile extra',
    answers: {
      'api.linkedin.com/v2/me': {
        id: 'l',
        firstName: {
          localized: { de_DE: 'Ada' },
          preferredLocale: { language: 'de', country: 'DE' },
        },
        lastName: { localized: { de_DE: 'L' }, preferredLocale: { language: 'de', country: 'DE' } },
        profilePicture: {
          'displayImage~': { elements: [{ identifiers: [{ identifier: 'https://a' }] }] },
        },
      },
      'api.linkedin.com/v2/emailAddress': { elements: [{ 'handle~': { emailAddress: email } }] },
    },
    claims: { ...verified, sub: 'l', name: 'Ada L', picture: 'https://a' },
  },
  notion: {
    authorization: 'https://api.notion.com/v1/oauth/authorize',
    scope: null,
    answers: {
      'api.notion.com/v1/users/me': {
        bot: {
          owner: { user: { id: 'n', name: 'Ada', avatar_url: 'https://a', person: { email } } },
        },
      },
    },
    claims: { ...verified, sub: 'n', name: 'Ada', picture: 'https://a' },
  },
  slack: {
    authorization: 'https://slack.com/oauth/authorize',
    scope: 'profile email openid extra',
    answers: {
      'slack.com/api/openid.connect.userInfo': {
        'https://slack.com/user_id': 'U',
        'https://slack.com/team_id': 'T',
        email,
        name: 'Ada',
        picture: 'https://a',
      },
    },
    claims: { ...verified, sub: 'U', custom_claims: { 'https://slack.com/team_id': 'T' } },
  },
  slack_oidc: {
    authorization: 'https://slack.com/openid/connect/authorize',
    scope: 'profile email openid extra',
    answers: {
      'slack.com/api/openid.connect.userInfo': {
        'https://slack.com/user_id': 'U',
        'https://slack.com/team_id': 'T',
        email,
        email_verified: false,
        name: 'Ada',
      },
    },
    claims: { ...verified, email_verified: false, sub: 'U', name: 'Ada' },
  },
  snapchat: {
    authorization: 'https://accounts.snapchat.com/accounts/oauth2/auth',
    scope:
      'https://auth.snapchat.com/oauth2/api/user.external_id https://auth.snapchat.com/oauth2/api/user.display_name https://auth.snapchat.com/oauth2/api/user.bitmoji.avatar extra',
    answers: {
      'kit.snapchat.com/v1/me': {
        data: {
          me: { externalId: 's', displayName: 'Ada', bitmoji: { avatar: 'https://a' }, email },
        },
      },
    },
    claims: { ...verified, sub: 's', slug: 'Ada', picture: 'https://a' },
  },
  spotify: {
    authorization: 'https://accounts.spotify.com/authorize',
    scope: 'user-read-email extra',
    answers: {
      'api.spotify.com/v1/me': {
        id: 'p',
        display_name: 'Ada',
        email,
        images: [
          { url: 'https://s', width: 1, height: 1 },
          { url: 'https://a', width: 9, height: 9 },
        ],
      },
    },
    claims: { ...verified, email_verified: false, sub: 'p', picture: 'https://a' },
  },
  twitch: {
    authorization: 'https://id.twitch.tv/oauth2/authorize',
    scope: 'user:read:email extra',
    answers: {
      'api.twitch.tv/helix/users': {
        data: [
          {
            id: '5',
            login: 'ada',
            display_name: 'Ada',
            email,
            profile_image_url: 'https://a',
            type: '',
            broadcaster_type: 'partner',
            view_count: 2,
          },
        ],
      },
    },
    claims: { ...verified, sub: '5', name: 'ada', nickname: 'Ada', picture: 'https://a' },
  },
  workos: {
    authorization: 'https://api.workos.com/sso/authorize',
    scope: null,
    answers: {},
    tokens: {
      profile: {
        id: 'prof',
        email,
        first_name: 'Ada',
        last_name: 'L',
        connection_id: 'c',
        organization_id: 'o',
      },
    },
    claims: {
      ...verified,
      sub: 'prof',
      name: 'Ada L',
      custom_claims: { connection_id: 'c', organization_id: 'o' },
    },
  },
  x: {
    authorization: 'https://x.com/i/oauth2/authorize',
    scope: 'users.email tweet.read users.read offline.access extra',
    answers: {
      'api.x.com/2/users/me': {
        data: {
          id: '6',
          name: 'Ada',
          username: 'ada',
          confirmed_email: email,
          profile_image_url: 'https://a',
          created_at: 't',
        },
      },
    },
    claims: {
      ...verified,
      sub: '6',
      profile: 'https://x.com/ada',
      user_name: 'ada',
      custom_claims: { created_at: 't' },
    },
  },
  zoom: {
    authorization: 'https://zoom.us/oauth/authorize',
    scope: null,
    answers: {
      'api.zoom.us/v2/users/me': {
        id: 'z',
        first_name: 'Ada',
        last_name: 'L',
        email,
        verified: 0,
        login_type: '100',
        pic_url: 'https://a',
      },
    },
    claims: { ...verified, email_verified: false, sub: 'z', name: 'Ada L', picture: 'https://a' },
  },
}

const hosts = createLocalHosts()
let server: LocalServer
let answers: Answers = {}
let tokens: Record<string, unknown> = {}
const seen: { path: string; authorization: string; body: string }[] = []

beforeAll(async () => {
  server = await serveJson(({ method, path, headers, body }) => {
    seen.push({ path, authorization: headers.authorization ?? '', body })
    if (method === 'POST') return { access_token: 'at', refresh_token: 'rt', ...tokens }
    const [bare = ''] = path.split('?')
    const key = `${String(headers['x-forwarded-host'])}${bare}`
    return headers.authorization?.includes('at') === true ? answers[key] : undefined
  })
})
afterAll(() => server.close())

const outgoing = createOutgoing({ fetch: hosts.fetch })
const tools: ProviderTools = {
  outgoing,
  clock: systemClock,
  discover: createDiscovery(outgoing, systemClock),
}
const settingsOf = (name: string): ProviderSettings => ({
  name,
  clientIds: ['id', 'other'],
  clientSecret: 's:ecret',
  redirectUri: 'https://me.example/callback',
  url: name === 'keycloak' ? 'https://kc.example.com/realms/x' : '',
  skipNonceCheck: false,
  emailOptional: false,
})

async function signIn(name: string, shape: Shape): Promise<ProviderUser> {
  const preset = presets[name] as Preset
  const settings = settingsOf(name)
  const endpoints = await preset.locate(settings, tools)
  for (const key of [...Object.keys(shape.answers), endpoints.token.slice(8)]) {
    hosts.add(key.split('/')[0] ?? '', server.url)
  }
  answers = shape.answers
  tokens = shape.tokens ?? {}
  const given = await exchangeCode({
    ...tools,
    settings,
    preset,
    endpoints,
    code: 'c',
    verifier: null,
  })
  expect(given).toMatchObject({ accessToken: 'at', refreshToken: 'rt' })
  return preset.readUser({ ...tools, settings, tokens: given })
}

test.each(Object.entries(shapes))(
  '%s: where it is, what it is asked, who its user is',
  async (name, shape) => {
    const preset = presets[name] as Preset
    const settings = settingsOf(name)
    const url = new URL(
      authorizationUrl({
        settings,
        preset,
        endpoints: await preset.locate(settings, tools),
        state: 'st',
        scopes: 'extra',
        parameters: { prompt: 'login' },
        verifier: null,
      }),
    )
    expect(url.origin + url.pathname).toBe(shape.authorization)
    expect(url.searchParams.get('scope')).toBe(shape.scope)
    expect(url.searchParams.get('state')).toBe('st')
    expect(url.searchParams.get('prompt')).toBe('login')
    expect(identityData(await signIn(name, shape))).toMatchObject(shape.claims)
  },
)

test('Google and Apple are found while they cannot be asked where they are', async () => {
  const nowhere: ProviderTools['discover'] = () => Promise.reject(new TypeError('fetch failed'))
  for (const [name, url] of [
    ['google', 'https://accounts.google.com/o/oauth2/v2/auth'],
    ['apple', 'https://appleid.apple.com/auth/authorize'],
  ] as const) {
    const endpoints = await presets[name]?.locate(settingsOf(name), { ...tools, discover: nowhere })
    expect(endpoints?.authorization).toBe(url)
  }
})

test('every provider but those with ID tokens and Twitter is shown here', () => {
  const others = ['apple', 'azure', 'google', 'linkedin_oidc', 'vercel_marketplace', 'twitter']
  expect([...Object.keys(shapes), ...others].toSorted()).toEqual(Object.keys(presets).toSorted())
})

test('a client proves itself in the header or in the body, never in both', async () => {
  seen.length = 0
  await signIn('zoom', shapes['zoom'] as Shape)
  await signIn('github', shapes['github'] as Shape)
  const posts = seen.filter(({ body }) => body !== '')
  expect(posts.map(({ authorization }) => authorization)).toEqual([
    `Basic ${Buffer.from('id:s%3Aecret').toString('base64')}`,
    '',
  ])
  expect(posts[0]?.body).not.toContain('secret')
  expect(posts[1]?.body).toContain('client_secret=s%3Aecret')
})

test('GitLab of one’s own is found at its url', async () => {
  const settings = { ...settingsOf('gitlab'), url: 'https://git.example.com' }
  expect(await presets['gitlab']?.locate(settings, tools)).toEqual({
    authorization: 'https://git.example.com/oauth/authorize',
    token: 'https://git.example.com/oauth/token',
  })
})

test('an answer that is too large, a redirect, or no JSON is a failure', async () => {
  const small = createOutgoing({ fetch: hosts.fetch, maxBytes: 10 })
  hosts.add('gitlab.com', server.url)
  answers = { 'gitlab.com/api/v4/user': { id: 'x'.repeat(100) } }
  const request = {
    method: 'GET',
    url: 'https://gitlab.com/api/v4/user',
    headers: { authorization: 'at' },
  } as const
  await expect(small(request)).rejects.toThrow('more than 10 bytes')
})

test('the configuration knows every provider by name, and guesses at others', () => {
  const external = Object.fromEntries(Object.keys(presets).map((name) => [name, { enabled: true }]))
  const base = defineConfig({})
  const known = overlayConfig(base, { auth: { external } }, 'test')
  expect(known.problems).toEqual([])
  expect(Object.keys(known.config['auth.external'])).toEqual(Object.keys(presets))
  const { problems } = overlayConfig(
    base,
    { auth: { external: { gogle: { enabled: true } } } },
    'test',
  )
  expect(problems).toMatchObject([
    { key: 'auth.external.gogle', message: 'there is no such option (did you mean google?)' },
  ])
})

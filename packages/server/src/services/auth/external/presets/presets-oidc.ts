/** Providers that issue ID tokens: Apple, Azure, Google, LinkedIn, Vercel; and Keycloak, whose userinfo is asked. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { idAt, isTrueAt, ProviderFailure, textAt } from '#services/auth/outside'
import {
  fetchUser,
  hostOr,
  isAppleIssuer,
  isAzureCiamIssuer,
  isAzureIssuer,
  issuers,
  peekClaims,
  primaryEmail,
  readIdToken,
} from '#services/auth/provider'
import type {
  Preset,
  ProviderEndpoints,
  ProviderSession,
  ProviderSettings,
  ProviderTools,
  ProviderUser,
} from '#services/auth/provider'

/** What the issuer says today; where it cannot be asked, what it has said for years. */
async function locateIssuer(
  { discover }: ProviderTools,
  issuer: string,
  known: ProviderEndpoints,
): Promise<ProviderEndpoints> {
  try {
    const found = await discover(issuer)
    return { authorization: found.authorizationEndpoint, token: found.tokenEndpoint }
  } catch {
    return known
  }
}

const google: Preset = {
  scopes: ['email', 'profile'],
  clientAuth: 'post',
  locate: (_, tools) =>
    locateIssuer(tools, issuers.google, {
      authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
      token: 'https://oauth2.googleapis.com/token',
    }),
  readUser: (session) =>
    session.tokens.idToken === ''
      ? readGoogleUser(session)
      : readIdToken(session, issuers.google, [issuers.google, 'accounts.google.com']),
}

const googleUserinfo = 'https://www.googleapis.com/userinfo/v2/me'

/** Google leaves the ID token out where `openid` is not among the scopes. */
async function readGoogleUser(session: ProviderSession): Promise<ProviderUser> {
  const user = await fetchUser(session, googleUserinfo)
  const sub = idAt(user, 'id')
  const name = textAt(user, 'name')
  const picture = textAt(user, 'picture')
  const verified = isTrueAt(user, 'verified_email') || isTrueAt(user, 'email_verified')
  return {
    emails: primaryEmail(textAt(user, 'email'), verified),
    claims: {
      iss: googleUserinfo,
      sub,
      provider_id: sub,
      name,
      full_name: name,
      picture,
      avatar_url: picture,
    },
  }
}

const apple: Preset = {
  scopes: ['email', 'name'],
  ignoresScopes: true,
  ignoresParameters: true,
  clientAuth: 'post',
  parameters: { response_mode: 'form_post' },
  locate: (_, tools) =>
    locateIssuer(tools, issuers.apple, {
      authorization: 'https://appleid.apple.com/auth/authorize',
      token: 'https://appleid.apple.com/auth/token',
    }),
  readUser: (session) =>
    readIdToken(session, issuers.apple, [issuers.apple, issuers.otherApple].filter(isAppleIssuer)),
  complete: (user, callback) => withAppleName(user, textAt(callback, 'user')),
}

/** `{"name":{"firstName":"A","lastName":"B"},"email":…}`; only the name is taken, the rest nobody signed. */
function withAppleName(user: ProviderUser, text: string): ProviderUser {
  if (text === '') return user
  const given = parseObject(text)
  const name = `${textAt(given, 'name', 'firstName')} ${textAt(given, 'name', 'lastName')}`.trim()
  return { ...user, claims: { ...user.claims, name, full_name: name } }
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

const azure: Preset = {
  scopes: ['openid'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = hostOr(settings, 'login.microsoftonline.com/common')
    return { authorization: `${base}/oauth2/v2.0/authorize`, token: `${base}/oauth2/v2.0/token` }
  },
  readUser: (session) => {
    const issuer = textAt(peekClaims(session.tokens.idToken), 'iss')
    if (!isExpectedTenant(session.settings, issuer)) {
      throw new ProviderFailure('the ID token is of another tenant')
    }
    return readIdToken(session, issuer)
  },
}

/** The tenant of `url`, or any where it names `common` or `organizations`. */
function isExpectedTenant({ url }: ProviderSettings, issuer: string): boolean {
  const own = `${url}/v2.0`
  const names = /\/(common|organizations)\/v2\.0$/.test(own) || url === ''
  if (!names && (isAzureIssuer(own) || isAzureCiamIssuer(own))) return issuer === own
  return isAzureIssuer(issuer)
}

const linkedin: Preset = {
  scopes: ['openid', 'email', 'profile'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = hostOr(settings, 'api.linkedin.com')
    return {
      authorization: `${base}/oauth/v2/authorization`,
      token: `${base}/oauth/v2/accessToken`,
    }
  },
  readUser: (session) => readIdToken(session, issuers.linkedin),
}

const vercel: Preset = {
  scopes: [],
  clientAuth: 'post',
  locate: (settings) => {
    const base = hostOr(settings, 'api.vercel.com')
    return {
      authorization: `${base}/oauth/v2/authorization`,
      token: `${base}/oauth/v2/accessToken`,
    }
  },
  readUser: (session) => readIdToken(session, issuers.vercel),
}

const keycloak: Preset = {
  scopes: ['profile', 'email'],
  clientAuth: 'post',
  locate: ({ url }) => {
    const base = `${url}/protocol/openid-connect`
    return { authorization: `${base}/auth`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const { url } = session.settings
    const user = await fetchUser(session, `${url}/protocol/openid-connect/userinfo`)
    const { name: _, sub: __, email: ___, email_verified: ____, ...custom } = user as JsonObject
    const name = textAt(user, 'name')
    const sub = textAt(user, 'sub')
    return {
      emails: primaryEmail(textAt(user, 'email'), isTrueAt(user, 'email_verified')),
      claims: {
        iss: url,
        sub,
        provider_id: sub,
        name,
        full_name: name,
        custom_claims: custom as JsonObject,
      },
    }
  },
}

export const oidcPresets: Readonly<Record<string, Preset>> = {
  apple,
  azure,
  google,
  keycloak,
  linkedin_oidc: linkedin,
  vercel_marketplace: vercel,
}

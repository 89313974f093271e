/** The claims of verified ID tokens as users, issuer by issuer (supabase/auth internal/api/provider/oidc.go). */
import type { JsonObject } from '#base/kernel'
import { isTrueAt, textAt, valueAt } from '#services/auth/outside'
import { primaryEmail, textClaims } from './provider-user.ts'
import type { ProviderClaims, ProviderUser } from './provider-user.ts'

export const issuers = {
  google: 'https://accounts.google.com',
  facebook: 'https://www.facebook.com',
  kakao: 'https://kauth.kakao.com',
  linkedin: 'https://www.linkedin.com/oauth',
  snapchat: 'https://accounts.snapchat.com/accounts/oauth2/token',
  vercel: 'https://marketplace.vercel.com',
  apple: 'https://appleid.apple.com',
  otherApple: 'https://account.apple.com',
} as const

export function isAppleIssuer(issuer: string): boolean {
  return issuer === issuers.apple || issuer === issuers.otherApple
}

/** A tenant of Microsoft Entra. */
export function isAzureIssuer(issuer: string): boolean {
  return /^https:\/\/login\.microsoftonline\.com\/[\w.-]+\/v2\.0\/?$/.test(issuer)
}

export function isAzureCiamIssuer(issuer: string): boolean {
  return /^https:\/\/[a-z0-9-]+\.ciamlogin\.com\/[\w.-]+\/v2\.0\/?$/.test(issuer)
}

type Reader = (claims: JsonObject) => ProviderUser

const readers: Readonly<Record<string, Reader>> = {
  [issuers.google]: readGoogle,
  'accounts.google.com': readGoogle,
  [issuers.facebook]: readFacebook,
  [issuers.kakao]: readKakao,
  [issuers.linkedin]: readLinkedin,
  [issuers.snapchat]: (claims) => readGeneric(claims, true),
  [issuers.vercel]: readVercel,
  [issuers.apple]: readApple,
  [issuers.otherApple]: readApple,
}

export function userOfIdToken(claims: JsonObject): ProviderUser {
  const issuer = textAt(claims, 'iss')
  const reader = Object.hasOwn(readers, issuer) ? readers[issuer] : undefined
  if (reader !== undefined) return reader(claims)
  return isAzureIssuer(issuer) || isAzureCiamIssuer(issuer)
    ? readAzure(claims)
    : readGeneric(claims)
}

function base(claims: JsonObject): ProviderClaims & { provider_id: string } {
  const sub = textAt(claims, 'sub')
  return { iss: textAt(claims, 'iss'), sub, provider_id: sub }
}

function readGoogle(claims: JsonObject): ProviderUser {
  const name = textAt(claims, 'name')
  const picture = textAt(claims, 'picture')
  const hd = textAt(claims, 'hd')
  const verified = isTrueAt(claims, 'email_verified') || isTrueAt(claims, 'verified_email')
  return {
    emails: primaryEmail(textAt(claims, 'email'), verified),
    claims: {
      ...base(claims),
      name,
      picture,
      avatar_url: picture,
      full_name: name,
      ...(hd === '' ? {} : { custom_claims: { hd } }),
    },
  }
}

/** Limited Login: the addresses are verified ones. */
function readFacebook(claims: JsonObject): ProviderUser {
  const { name, picture } = { name: textAt(claims, 'name'), picture: textAt(claims, 'picture') }
  return {
    emails: primaryEmail(textAt(claims, 'email'), true),
    claims: { ...base(claims), name, picture },
  }
}

function readKakao(claims: JsonObject): ProviderUser {
  const name = textAt(claims, 'nickname')
  return {
    emails: primaryEmail(textAt(claims, 'email'), true),
    claims: {
      ...base(claims),
      name,
      preferred_username: name,
      picture: textAt(claims, 'picture'),
    },
  }
}

function readLinkedin(claims: JsonObject): ProviderUser {
  const given_name = textAt(claims, 'given_name')
  const family_name = textAt(claims, 'family_name')
  return {
    emails: primaryEmail(textAt(claims, 'email'), isTrueAt(claims, 'email_verified')),
    claims: {
      ...base(claims),
      name: `${given_name} ${family_name}`.trim(),
      given_name,
      family_name,
      locale: textAt(claims, 'locale'),
      picture: textAt(claims, 'picture'),
    },
  }
}

function readVercel(claims: JsonObject): ProviderUser {
  const global = textAt(claims, 'global_user_id')
  const sub = global === '' ? textAt(claims, 'sub') : `global_user_id:${global}`
  return {
    emails: primaryEmail(textAt(claims, 'user_email'), true),
    claims: {
      iss: textAt(claims, 'iss'),
      sub,
      provider_id: sub,
      name: textAt(claims, 'user_name'),
      picture: textAt(claims, 'user_avatar_url'),
    },
  }
}

function readApple(claims: JsonObject): ProviderUser {
  const isPrivate = valueAt(claims, 'is_private_email')
  const authTime = valueAt(claims, 'auth_time')
  const transferSub = textAt(claims, 'transfer_sub')
  return {
    emails: primaryEmail(textAt(claims, 'email'), true),
    claims: {
      ...base(claims),
      custom_claims: {
        ...(isPrivate === null ? {} : { is_private_email: isTrueAt(claims, 'is_private_email') }),
        ...(typeof authTime === 'number' ? { auth_time: authTime } : {}),
        ...(transferSub === '' ? {} : { transfer_sub: transferSub }),
      },
    },
  }
}

/** Claims of the token itself rather than of the user. */
const technical = new Set(
  'aud iss iat nbf exp c_hash at_hash aio nonce rh uti jti ver sub name preferred_username'.split(
    ' ',
  ),
)

function readAzure(claims: JsonObject): ProviderUser {
  const custom = Object.entries(claims).filter(([name]) => !technical.has(name))
  return {
    emails: primaryEmail(textAt(claims, 'email'), isAzureEmailVerified(claims)),
    claims: {
      ...base(claims),
      preferred_username: textAt(claims, 'preferred_username'),
      full_name: textAt(claims, 'name'),
      custom_claims: Object.fromEntries(custom),
    },
  }
}

/** Without `xms_edov`, an application of one tenant: its administrator answers for the addresses. */
function isAzureEmailVerified(claims: JsonObject): boolean {
  return valueAt(claims, 'xms_edov') === null || isTrueAt(claims, 'xms_edov')
}

/** The standard claims under their own names. */
export function readGeneric(claims: JsonObject, trustsEmail = false): ProviderUser {
  const texts = textClaims.map((name) => [name, textAt(claims, name)])
  const updated = valueAt(claims, 'updated_at')
  const custom = valueAt(claims, 'custom_claims')
  return {
    emails: primaryEmail(
      textAt(claims, 'email'),
      trustsEmail || valueAt(claims, 'email_verified') === true,
    ),
    claims: {
      iss: textAt(claims, 'iss'),
      sub: textAt(claims, 'sub'),
      provider_id: textAt(claims, 'provider_id'),
      ...(Object.fromEntries(texts) as object),
      ...(typeof updated === 'number'
        ? { updated_at: new Date(updated * 1000).toISOString().replace('.000Z', 'Z') }
        : { updated_at: textAt(claims, 'updated_at') }),
      phone_verified: valueAt(claims, 'phone_verified') === true,
      ...(typeof custom === 'object' && custom !== null && !Array.isArray(custom)
        ? { custom_claims: custom as JsonObject }
        : {}),
    },
  }
}

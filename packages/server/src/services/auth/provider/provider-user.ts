/** Who a provider says somebody is, in the claims identities keep. */
import type { JsonObject } from '#base/kernel'
import { hasLoneSurrogate, ProviderFailure, toFitText } from '#services/auth/outside'

export interface ProviderEmail {
  readonly email: string
  readonly verified: boolean
  readonly primary: boolean
}

/** What is empty is left out of `identity_data`; other names go under `custom_claims`. */
export interface ProviderClaims {
  readonly iss?: string
  /** The user's id at the provider. */
  readonly sub: string
  readonly name?: string
  readonly family_name?: string
  readonly given_name?: string
  readonly middle_name?: string
  readonly nickname?: string
  readonly preferred_username?: string
  readonly profile?: string
  readonly picture?: string
  readonly website?: string
  readonly gender?: string
  readonly birthdate?: string
  readonly zoneinfo?: string
  readonly locale?: string
  readonly updated_at?: string
  readonly phone?: string
  readonly phone_verified?: boolean
  readonly custom_claims?: JsonObject
  /** Older names of the same, which applications read. */
  readonly full_name?: string
  readonly avatar_url?: string
  readonly slug?: string
  readonly provider_id?: string
  readonly user_name?: string
}

/** Claims of one text each, with a place of their own. */
export const textClaims = [
  'name',
  'family_name',
  'given_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'phone',
  'full_name',
  'avatar_url',
  'slug',
  'user_name',
] as const satisfies readonly (keyof ProviderClaims)[]

export interface ProviderUser {
  readonly emails: readonly ProviderEmail[]
  readonly claims: ProviderClaims
}

/** Longer ones fit into no column and no index. */
const maxEmailLength = 255
const maxSubLength = 1_000

/**
 * What a provider said, fit to be kept and compared: addresses without spaces around them and in lower case. One with other
 * than ASCII characters is never taken for verified: `K` (U+212A) is a `k` in lower case, and the address somebody else's.
 * @throws ProviderFailure when nothing in it names the same person next time
 */
export function tidyUser({ emails, claims }: ProviderUser): ProviderUser {
  if (claims.sub === '') throw new ProviderFailure('the provider did not say who the user is')
  if (claims.sub.length > maxSubLength || isUnfit(claims.sub)) {
    throw new ProviderFailure('the id of the user is none that can be kept')
  }
  return { emails: emails.flatMap(tidyEmail), claims: tidyClaims(claims) }
}

function tidyEmail({ email, verified, primary }: ProviderEmail): readonly ProviderEmail[] {
  const bare = email.trim()
  if (bare === '' || bare.length > maxEmailLength || isUnfit(bare)) return []
  const isPlain = /^[!-~]+@[!-~]+$/.test(bare)
  return [{ email: foldCase(bare), verified: verified && isPlain, primary }]
}

/** Lower case of ASCII letters only. */
export function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Postgres keeps no NUL, and JSON no half characters. */
function isUnfit(text: string): boolean {
  return text.includes('\u0000') || hasLoneSurrogate(text)
}

function tidyClaims<T>(value: T): T {
  if (typeof value === 'string') return toFitText(value) as T
  if (Array.isArray(value)) return value.map(tidyClaims) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, one]) => [toFitText(name), tidyClaims(one)])
  return Object.fromEntries(entries) as T
}

/** One address, the account's own; none for ''. */
export function primaryEmail(email: string, verified: boolean): readonly ProviderEmail[] {
  return email === '' ? [] : [{ email, verified, primary: true }]
}

/** What most providers tell, under the standard names and the older ones; `more` is added. */
export function usualClaims(
  iss: string,
  { sub, name, picture = '' }: { sub: string; name: string; picture?: string },
  more: Partial<ProviderClaims> = {},
): ProviderClaims {
  const usual = { iss, sub, provider_id: sub, name, full_name: name, picture, avatar_url: picture }
  return { ...usual, ...more }
}

export type IdentityData = JsonObject & { readonly sub: string }

/** `identity_data` and what is merged into `user_metadata`: the claims, the address that counts, both `…_verified`. */
export function identityData({ emails, claims }: ProviderUser): IdentityData {
  const email = emails.find(({ primary }) => primary) ?? emails.at(-1)
  const given = Object.entries(claims).filter(([, value]) => !isEmpty(value))
  return {
    ...(Object.fromEntries(given) as JsonObject),
    sub: claims.sub,
    ...(email === undefined || email.email === '' ? {} : { email: foldCase(email.email) }),
    email_verified: email?.verified ?? false,
    phone_verified: claims.phone_verified ?? false,
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  )
}

/** Who a provider says somebody is, in the claims identities keep. */
import type { JsonObject } from '#base/kernel'

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
    ...(email === undefined || email.email === '' ? {} : { email: email.email.toLowerCase() }),
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

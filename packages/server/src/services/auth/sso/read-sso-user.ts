/** The person of an assertion in the claims identities keep. */
import type { JsonObject } from '#base/kernel'
import { textClaims, tidyUser } from '#services/auth/provider'
import type { ProviderClaims, ProviderUser } from '#services/auth/provider'
import { emailOf, mapAttributes, userIdOf } from '#services/auth/sso/saml'
import type { Assertion, AttributeMapping } from '#services/auth/sso/saml'
import { ssoErrors } from './errors.ts'
import type { SsoProviderRow } from './statements.ts'

/** What an attribute must not claim to be. */
const reserved = ['iss', 'sub', 'email', 'email_verified', 'phone_verified', 'custom_claims']

/** @throws PlatformError 400 without an id that stays, or without an address */
export function readSsoUser(provider: SsoProviderRow, assertion: Assertion): ProviderUser {
  const sub = userIdOf(assertion)
  if (sub === '') throw ssoErrors.samlNoUserId()
  const mapped = mapAttributes(assertion, (provider.attribute_mapping ?? {}) as AttributeMapping)
  const email = emailOf(assertion, mapped)
  if (email.trim() === '') throw ssoErrors.samlNoEmail()
  return tidy({
    emails: [{ email, verified: true, primary: true }],
    claims: { ...claimsOf(mapped), iss: provider.entity_id, sub },
  })
}

function tidy(user: ProviderUser): ProviderUser {
  try {
    return tidyUser(user)
  } catch (error) {
    throw ssoErrors.samlNoUserId(undefined, error)
  }
}

function claimsOf(mapped: JsonObject): Omit<ProviderClaims, 'sub'> {
  const entries = Object.entries(mapped).filter(([name]) => !reserved.includes(name))
  const hasPlace = ([name, value]: [string, unknown]): boolean =>
    (textClaims as readonly string[]).includes(name) && typeof value === 'string'
  return {
    ...Object.fromEntries(entries.filter(hasPlace)),
    custom_claims: Object.fromEntries(entries.filter((entry) => !hasPlace(entry))) as JsonObject,
  }
}

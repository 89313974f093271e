/** Minting of a project's API keys, and the ones every local project has (those of the Supabase CLI). */
import { createHmac, randomBytes } from 'node:crypto'
import { encodeBase64Url } from './base64url.ts'
import type { ProjectKeys } from './project-keys.ts'
import { signToken } from './signing.ts'
import type { SigningKey } from './signing.ts'

const defaultSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const defaultPublishableKey = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const defaultSecretKey = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
/** 2032-11-12; the same constant in every local project, so that keys in checked-in `.env` files stay valid. */
const legacyExpiry = 1983812996

/**
 * The legacy API keys: JWTs that carry nothing but a role. `issuer` is `supabase-demo` in local projects.
 * With the default secret they are, byte for byte, what the Supabase CLI prints.
 */
export function mintApiKeys(
  key: SigningKey | string,
  issuer = 'supabase-demo',
): Pick<ProjectKeys, 'anonKey' | 'serviceRoleKey'> {
  const mint = (role: string): string => signToken({ iss: issuer, role, exp: legacyExpiry }, key)
  return { anonKey: mint('anon'), serviceRoleKey: mint('service_role') }
}

/** A pair of random `sb_…` keys, for projects that are not local. */
export function mintOpaqueKeys(): Pick<ProjectKeys, 'publishableKey' | 'secretKey'> {
  const random = (): string => encodeBase64Url(randomBytes(24))
  return { publishableKey: `sb_publishable_${random()}`, secretKey: `sb_secret_${random()}` }
}

/** The keys of a local project: the Supabase CLI's, or with another `jwtSecret` those made of it; the publishable one is always the CLI's. */
export function defaultKeys(jwtSecret: string = defaultSecret): ProjectKeys {
  return {
    jwtSecret,
    ...mintApiKeys(jwtSecret),
    publishableKey: defaultPublishableKey,
    // not the one everybody knows, for a project that has a secret of its own
    secretKey: jwtSecret === defaultSecret ? defaultSecretKey : deriveSecretKey(jwtSecret),
  }
}

function deriveSecretKey(jwtSecret: string): string {
  const derived = createHmac('sha256', jwtSecret).update('sb_secret').digest()
  return `sb_secret_${encodeBase64Url(derived).slice(0, 31)}`
}

/** Everybody knows the CLI's keys: they guard nothing. */
export function hasDefaultSecret(keys: Pick<ProjectKeys, 'jwtSecret' | 'secretKey'>): boolean {
  return keys.jwtSecret === defaultSecret || keys.secretKey === defaultSecretKey
}

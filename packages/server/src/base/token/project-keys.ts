/** The secrets and API keys of one project. */
import type { Jwk } from './jwk.ts'

/** What clients send as `apikey`. */
export interface ApiKeys {
  /** Legacy API keys: JWTs of the roles anon and service_role. */
  readonly anonKey: string
  readonly serviceRoleKey: string
  /** `sb_publishable_…` and `sb_secret_…` */
  readonly publishableKey: string
  readonly secretKey: string
}

export interface ProjectKeys extends ApiKeys {
  /** HS256 secret. */
  readonly jwtSecret: string
  /** `signing_keys.json`: the first private key signs, all verify. Absent or empty: HS256 with `jwtSecret`. */
  readonly signingKeys?: readonly Jwk[]
  /** Of earlier signing keys, while tokens signed with them are about: they verify and are published. */
  readonly retiredKeys?: readonly Jwk[]
  /** Of before a rotation, while they are good: each stands for the present one of its kind. */
  readonly retiredApiKeys?: readonly ApiKeys[]
  /** Told that a token was signed, so that its key is kept as long as it. Unix ms. */
  readonly onSign?: (nowMs: number) => void
}

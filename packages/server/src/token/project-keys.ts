/** The secrets and API keys of one project. */

export interface ProjectKeys {
  /** HS256 secret. */
  readonly jwtSecret: string
  /** Legacy API keys: JWTs of the roles anon and service_role. */
  readonly anonKey: string
  readonly serviceRoleKey: string
  /** `sb_publishable_…` and `sb_secret_…` */
  readonly publishableKey: string
  readonly secretKey: string
}

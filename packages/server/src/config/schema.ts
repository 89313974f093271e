/** Every option, one row. (First cut: the rest of the rows follows.) */

/** Effective configuration, frozen; keys are the paths of config.toml. */
export interface Config {
  readonly 'api.port': number
  readonly 'api.schemas': readonly string[]
  readonly 'api.extra_search_path': readonly string[]
  /** 0 means no limit. */
  readonly 'api.max_rows': number
  readonly 'auth.site_url': string
  readonly 'auth.jwt_expiry': number
  readonly 'auth.jwt_issuer': string | null
  readonly 'auth.enable_signup': boolean
  readonly 'auth.enable_anonymous_sign_ins': boolean
  readonly 'auth.enable_refresh_token_rotation': boolean
  readonly 'auth.refresh_token_reuse_interval': number
  readonly 'auth.minimum_password_length': number
  readonly 'auth.password_requirements': string
  readonly 'auth.email.enable_signup': boolean
  readonly 'auth.email.enable_confirmations': boolean
  readonly 'auth.sms.enable_signup': boolean
}

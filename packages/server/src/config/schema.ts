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
  readonly 'auth.external_url': string | null
  readonly 'auth.email.double_confirm_changes': boolean
  readonly 'auth.email.secure_password_change': boolean
  readonly 'auth.email.max_frequency': number
  readonly 'auth.email.otp_length': number
  readonly 'auth.email.otp_expiry': number
  readonly 'auth.sms.enable_confirmations': boolean
  readonly 'auth.sessions.timebox': number | null
  readonly 'auth.sessions.inactivity_timeout': number | null
  readonly 'auth.external': Readonly<Record<string, { readonly enabled: boolean }>>
}

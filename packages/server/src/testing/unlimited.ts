/** Rate limits out of the way: tests ask more often from one address than clients do. */
import type { Config } from '#base/config'

export const unlimited: Partial<Config> = {
  'auth.rate_limit.email_sent': 100_000,
  'auth.rate_limit.sms_sent': 100_000,
  'auth.rate_limit.anonymous_users': 100_000,
  'auth.rate_limit.token_refresh': 100_000,
  'auth.rate_limit.sign_in_sign_ups': 100_000,
  'auth.rate_limit.token_verifications': 100_000,
  'auth.rate_limit.web3': 100_000,
}

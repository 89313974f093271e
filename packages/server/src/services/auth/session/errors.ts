/** Errors that auth/session alone raises. */
import { defineErrors } from '#base/kernel'

export const sessionErrors = defineErrors({
  unsupportedGrant: { code: 'invalid_credentials', status: 400, message: 'unsupported_grant_type' },
  invalidCredentials: {
    code: 'invalid_credentials',
    status: 400,
    message: 'Invalid login credentials',
  },
  phoneLoginDisabled: {
    code: 'phone_provider_disabled',
    status: 422,
    message: 'Phone logins are disabled',
  },
  loginBanned: { code: 'user_banned', status: 400, message: 'User is banned' },
  emailNotConfirmed: { code: 'email_not_confirmed', status: 400, message: 'Email not confirmed' },
  phoneNotConfirmed: { code: 'phone_not_confirmed', status: 400, message: 'Phone not confirmed' },
  refreshTokenNotFound: {
    code: 'refresh_token_not_found',
    status: 400,
    message: 'Invalid Refresh Token: Refresh Token Not Found',
  },
  refreshBanned: {
    code: 'user_banned',
    status: 400,
    message: 'Invalid Refresh Token: User Banned',
  },
  refreshWithoutSession: {
    code: 'session_not_found',
    status: 400,
    message: 'Invalid Refresh Token: No Valid Session Found',
  },
  /** `why` is empty or ` (Inactivity)`. */
  sessionExpired: {
    code: 'session_expired',
    status: 400,
    message: (p: { why: string }) => `Invalid Refresh Token: Session Expired${p.why}`,
  },
  refreshTokenUsed: {
    code: 'refresh_token_already_used',
    status: 400,
    message: 'Invalid Refresh Token: Already Used',
  },
  refreshConflict: {
    code: 'conflict',
    status: 409,
    message: 'Too many concurrent token refresh requests on the same session or refresh token',
  },
  flowExpired: {
    code: 'flow_state_expired',
    status: 422,
    message: 'invalid flow state, flow state has expired',
  },
  badCodeVerifier: {
    code: 'bad_code_verifier',
    status: 400,
    message: 'code challenge does not match previously saved code verifier',
  },
})

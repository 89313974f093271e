/**
 * Every error auth answers with, by the situation it is thrown in. Code, status and wording are GoTrue's:
 * clients match on them. One code may stand for several situations.
 */
import { PlatformError, defineErrors } from '#base/kernel'
import { accountErrors } from './errors-account.ts'
import { factorErrors } from './errors-factor.ts'
import { hookErrors } from './errors-hook.ts'
import { smsErrors } from './errors-sms.ts'
import { ssoErrors } from './errors-sso.ts'
import { providerErrorRows } from './errors-provider.ts'
import { limitErrors } from './errors-limit.ts'
import { passwordErrors } from './errors-password.ts'

export const authErrors = defineErrors({
  ...limitErrors,
  ...passwordErrors,
  // The request
  badJson: {
    code: 'bad_json',
    status: 400,
    message: (p: { reason: string }) => `Could not parse request body as JSON: ${p.reason}`,
  },
  bodyTooLarge: {
    code: 'request_entity_too_large',
    status: 413,
    message: (p: { maxBytes: number }) => `Request body too large (max ${p.maxBytes} bytes)`,
  },
  requestTimeout: {
    code: 'request_timeout',
    status: 504,
    message: 'Processing this request timed out, please retry after a moment.',
  },
  unexpectedFailure: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Unexpected failure, please check server logs for more information',
  },
  unavailable: {
    code: 'unexpected_failure',
    status: 503,
    message: 'The service cannot answer at this moment, please retry.',
  },
  /** `action` completes the sentence: `saving new user`, `querying schema`. */
  database: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { action: string }) => `Database error ${p.action}`,
  },
  invalid: {
    code: 'validation_failed',
    status: 400,
    message: (p: { message: string }) => p.message,
  },
  featureDisabled: {
    code: 'feature_disabled',
    status: 404,
    message: (p: { feature: string }) => `${p.feature} is disabled`,
  },

  // The bearer token
  noAuthorization: {
    code: 'no_authorization',
    status: 401,
    message: 'This endpoint requires a valid Bearer token',
  },
  badToken: {
    code: 'bad_jwt',
    status: 403,
    message: (p: { reason: string }) =>
      `invalid JWT: unable to parse or verify signature, ${p.reason}`,
  },
  missingSub: { code: 'bad_jwt', status: 403, message: 'invalid claim: missing sub claim' },
  subNotUuid: { code: 'bad_jwt', status: 400, message: 'invalid claim: sub claim must be a UUID' },
  sessionIdNotUuid: {
    code: 'bad_jwt',
    status: 403,
    message: 'invalid claim: session_id claim must be a UUID',
  },
  subNotFound: {
    code: 'user_not_found',
    status: 403,
    message: 'User from sub claim in JWT does not exist',
  },
  sessionGone: {
    code: 'session_not_found',
    status: 403,
    message: 'Session from session_id claim in JWT does not exist',
  },
  bearerBanned: { code: 'user_banned', status: 403, message: 'User is banned' },
  audienceMismatch: {
    code: 'validation_failed',
    status: 400,
    message: "Token audience doesn't match request audience",
  },

  // Sign-up
  signupDisabled: {
    code: 'signup_disabled',
    status: 422,
    message: 'Signups not allowed for this instance',
  },
  anonymousDisabled: {
    code: 'anonymous_provider_disabled',
    status: 422,
    message: 'Anonymous sign-ins are disabled',
  },
  emailSignupDisabled: {
    code: 'email_provider_disabled',
    status: 400,
    message: 'Email signups are disabled',
  },
  phoneSignupDisabled: {
    code: 'phone_provider_disabled',
    status: 400,
    message: 'Phone signups are disabled',
  },
  userExists: { code: 'user_already_exists', status: 422, message: 'User already registered' },
  mailFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { kind: string }) => `Error sending ${p.kind} email`,
  },

  // Token
  unsupportedGrant: { code: 'invalid_credentials', status: 400, message: 'unsupported_grant_type' },
  invalidCredentials: {
    code: 'invalid_credentials',
    status: 400,
    message: 'Invalid login credentials',
  },
  emailLoginDisabled: {
    code: 'email_provider_disabled',
    status: 422,
    message: 'Email logins are disabled',
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

  // Administrators
  notAdmin: { code: 'not_admin', status: 403, message: 'User not allowed' },
  adminSessionOver: {
    code: 'session_expired',
    status: 403,
    message: 'Session is no longer valid',
  },
  userIdNotUuid: { code: 'validation_failed', status: 404, message: 'user_id must be an UUID' },
  userNotFound: { code: 'user_not_found', status: 404, message: 'User not found' },
  phoneTaken: {
    code: 'phone_exists',
    status: 422,
    message: 'Phone number already registered by another user',
  },

  // Codes and links
  otpSignupDisabled: {
    code: 'otp_disabled',
    status: 422,
    message: 'Signups not allowed for otp',
  },
  phoneProviderUnsupported: {
    code: 'phone_provider_disabled',
    status: 400,
    message: 'Unsupported phone provider',
  },
  recoveryDisabled: {
    code: 'email_provider_disabled',
    status: 400,
    message: 'Email logins are disabled',
  },
  magicLinkWithoutEmail: {
    code: 'validation_failed',
    status: 422,
    message: 'Password recovery requires an email',
  },
  verifyEmailInvalid: { code: 'validation_failed', status: 422, message: 'Invalid email format' },
  codeInvalid: {
    code: 'otp_expired',
    status: 403,
    message: 'Token has expired or is invalid',
  },
  linkInvalid: {
    code: 'otp_expired',
    status: 403,
    message: 'Email link is invalid or has expired',
  },
  emailUnknown: {
    code: 'user_not_found',
    status: 404,
    message: 'User with this email not found',
  },
  unconfirmedEmail: {
    code: 'email_not_confirmed',
    status: 422,
    message: 'Please verify your email first.',
  },
  unconfirmedPhone: {
    code: 'phone_not_confirmed',
    status: 422,
    message: 'Please verify your phone first.',
  },
  flowNotFound: {
    code: 'flow_state_not_found',
    status: 404,
    message: 'invalid flow state, no valid flow state found',
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

  ...accountErrors,
  ...factorErrors,
  ...hookErrors,
  ...providerErrorRows,
  ...smsErrors,
  ...ssoErrors,
})

/** A password that breaks the rules; `reasons` ⊆ length, characters, pwned. */
export class WeakPasswordError extends PlatformError {
  readonly reasons: readonly string[]

  constructor(message: string, reasons: readonly string[]) {
    super({ code: 'weak_password', status: 422, message })
    this.reasons = reasons
  }
}

/**
 * Every error that several rooms of auth raise, by the situation it is thrown in. Code, status and wording are GoTrue's:
 * clients match on them. One code may stand for several situations. What one room alone raises is in its own `errors.ts`.
 */
import { PlatformError, defineErrors } from '#base/kernel'

export const authErrors = defineErrors({
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
  nulCharacter: {
    code: 'validation_failed',
    status: 400,
    message: 'The character U+0000 cannot be part of a request',
  },
  /** SQLSTATE class 22 and 54: what was given does not fit where it belongs. */
  unfitValue: {
    code: 'validation_failed',
    status: 400,
    message: 'A value of the request is too long, too large or has characters that cannot be kept',
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
  apiKeyMayNot: {
    code: 'api_key_not_admitted',
    status: 403,
    message: 'An API key reads the user it belongs to, and nothing else: sign in',
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
  clientNotAdmitted: {
    code: 'no_authorization',
    status: 403,
    message: 'Tokens of OAuth clients are not allowed to do this',
  },
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

  // Sign-up
  signupDisabled: {
    code: 'signup_disabled',
    status: 422,
    message: 'Signups not allowed for this instance',
  },

  // Token
  emailLoginDisabled: {
    code: 'email_provider_disabled',
    status: 422,
    message: 'Email logins are disabled',
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

  // Codes and links
  codeInvalid: {
    code: 'otp_expired',
    status: 403,
    message: 'Token has expired or is invalid',
  },
  flowNotFound: {
    code: 'flow_state_not_found',
    status: 404,
    message: 'invalid flow state, no valid flow state found',
  },

  // Identities
  linkingDisabled: {
    code: 'manual_linking_disabled',
    status: 404,
    message: 'Manual linking is disabled',
  },

  // The user's own account
  emailExists: {
    code: 'email_exists',
    status: 422,
    message: 'A user with this email address has already been registered',
  },
  phoneExists: {
    code: 'phone_exists',
    status: 422,
    message: 'A user with this phone number has already been registered',
  },

  // WebAuthn
  anonymousForbidden: {
    code: 'no_authorization',
    status: 403,
    message: 'Anonymous user not allowed to perform these actions',
  },
  tooManyRequests: {
    code: 'over_request_rate_limit',
    status: 429,
    message: 'Request rate limit reached',
  },
})

/** A password that breaks the rules; `reasons` ⊆ length, characters, pwned. */
export class WeakPasswordError extends PlatformError {
  readonly reasons: readonly string[]

  constructor(message: string, reasons: readonly string[]) {
    super({ code: 'weak_password', status: 422, message })
    this.reasons = reasons
  }
}

/** What a hook refused with, in its own words: `{ error: { http_code, message } }`. It has no code of ours. */
export class HookRefusal extends PlatformError {
  constructor(status: number, message: string) {
    // other numbers are no statuses an error can have
    const known = status >= 200 && status <= 599 ? status : 500
    super({ code: known === 500 ? 'unexpected_failure' : 'unknown', status: known, message })
  }
}

/** Errors of who asks too often, or does not show to be human. */
export const limitErrors = {
  tooManyMails: {
    code: 'over_email_send_rate_limit',
    status: 429,
    message: 'email rate limit exceeded',
  },
  tooManySms: {
    code: 'over_sms_send_rate_limit',
    status: 429,
    message: 'SMS rate limit exceeded',
  },
  captchaFailed: {
    code: 'captcha_failed',
    status: 400,
    message: (p: { reason: string }) => `captcha protection: request disallowed (${p.reason})`,
  },
  captchaUnavailable: {
    code: 'unexpected_failure',
    status: 500,
    message: 'captcha verification process failed',
  },
  tooManyRequests: {
    code: 'over_request_rate_limit',
    status: 429,
    message: 'Request rate limit reached',
  },
  emailTooSoon: {
    code: 'over_email_send_rate_limit',
    status: 429,
    message: (p: { seconds: number }) =>
      `For security purposes, you can only request this after ${p.seconds} seconds.`,
  },
} as const

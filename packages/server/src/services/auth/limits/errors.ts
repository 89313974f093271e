/** Errors that auth/limits alone raises. */
import { defineErrors } from '#base/kernel'

export const limitErrors = defineErrors({
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
})

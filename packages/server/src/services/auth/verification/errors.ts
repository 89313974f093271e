/** Errors that auth/verification alone raises. */
import { defineErrors } from '#base/kernel'

export const verificationErrors = defineErrors({
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
  linkInvalid: {
    code: 'otp_expired',
    status: 403,
    message: 'Email link is invalid or has expired',
  },
})

/** Errors that auth/messages alone raises. */
import { defineErrors } from '#base/kernel'

export const messageErrors = defineErrors({
  mailFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { kind: string }) => `Error sending ${p.kind} email`,
  },
  emailTooSoon: {
    code: 'over_email_send_rate_limit',
    status: 429,
    message: (p: { seconds: number }) =>
      `For security purposes, you can only request this after ${p.seconds} seconds.`,
  },
  noSmsProvider: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Unable to get SMS provider',
  },
  smsFailed: {
    code: 'sms_send_failed',
    status: 422,
    message: (p: { occasion: string; reason: string }) =>
      `Error sending ${p.occasion} OTP to provider: ${p.reason}`,
  },
  smsTooSoon: {
    code: 'over_sms_send_rate_limit',
    status: 429,
    message: (p: { seconds: number }) =>
      `For security purposes, you can only request this after ${p.seconds} seconds.`,
  },
  channelInvalid: {
    code: 'validation_failed',
    status: 400,
    message:
      "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider.",
  },
  noFactorSmsProvider: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Failed to get SMS provider',
  },
  factorSmsFailed: { code: 'unexpected_failure', status: 500, message: 'error sending message' },
  factorHookFailed: { code: 'unexpected_failure', status: 500, message: 'error invoking hook' },
})

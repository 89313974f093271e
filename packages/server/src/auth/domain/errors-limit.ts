/** Errors of who asks too often. */
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

/** Errors that auth/linking alone raises. */
import { defineErrors } from '#base/kernel'

export const linkingErrors = defineErrors({
  inviteNotFound: { code: 'invite_not_found', status: 404, message: 'Invite not found' },
  linkingTargetGone: {
    code: 'user_not_found',
    status: 422,
    message: 'Linking target user not found',
  },
  multipleAccounts: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { domain: string }) =>
      `Multiple accounts with the same email address in the same linking domain detected: ${p.domain}`,
  },
  providerEmailUnverified: {
    code: 'provider_email_needs_verification',
    status: 422,
    message: (p: { provider: string; mailed: boolean }) =>
      p.mailed
        ? `Unverified email with ${p.provider}. A confirmation email has been sent to your ${p.provider} email`
        : `Unverified email with ${p.provider}. Verify the email with ${p.provider} in order to sign in`,
  },
  linkedEmailUnverified: {
    code: 'email_not_confirmed',
    status: 422,
    message: (p: { provider: string }) =>
      `Unverified email with ${p.provider}. A confirmation email has been sent to your ${p.provider} email`,
  },
  identityLinked: {
    code: 'identity_already_exists',
    status: 422,
    message: 'Identity is already linked',
  },
  identityTaken: {
    code: 'identity_already_exists',
    status: 422,
    message: 'Identity is already linked to another user',
  },
  linkedEmailTaken: {
    code: 'email_exists',
    status: 400,
    message: 'A user with this email address has already been registered',
  },
})

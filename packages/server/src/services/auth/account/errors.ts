/** Errors that auth/account alone raises. */
import { defineErrors } from '#base/kernel'

export const accountErrors = defineErrors({
  audienceMismatch: {
    code: 'validation_failed',
    status: 400,
    message: "Token audience doesn't match request audience",
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
  identityIdNotUuid: {
    code: 'validation_failed',
    status: 404,
    message: 'identity_id must be an UUID',
  },
  lastIdentity: {
    code: 'single_identity_not_deletable',
    status: 422,
    message: 'User must have at least 1 identity after unlinking',
  },
  identityNotFound: {
    code: 'identity_not_found',
    status: 422,
    message: "Identity doesn't exist",
  },
  emailConflict: {
    code: 'email_conflict_identity_not_deletable',
    status: 422,
    message: 'Unable to unlink identity due to email conflict',
  },
  appMetadataForbidden: {
    code: 'not_admin',
    status: 403,
    message: 'Updating app_metadata requires admin privileges',
  },
  insufficientAal: {
    code: 'insufficient_aal',
    status: 401,
    message: 'AAL2 session is required to update email or password when MFA is enabled.',
  },
  anonymousPassword: {
    code: 'validation_failed',
    status: 422,
    message: 'Updating password of an anonymous user without an email or phone is not allowed',
  },
  ssoManaged: {
    code: 'user_sso_managed',
    status: 422,
    message: 'Updating email, phone, password of a SSO account only possible via SSO',
  },
  reauthenticationNeeded: {
    code: 'reauthentication_needed',
    status: 400,
    message: 'Password update requires reauthentication',
  },
  nonceInvalid: {
    code: 'reauthentication_not_valid',
    status: 422,
    message: 'Nonce has expired or is invalid',
  },
  currentPasswordRequired: {
    code: 'current_password_required',
    status: 400,
    message: 'Current password required when setting new password.',
  },
  currentPasswordInvalid: {
    code: 'current_password_invalid',
    status: 400,
    message: 'Current password required when setting new password.',
  },
  samePassword: {
    code: 'same_password',
    status: 422,
    message: 'New password should be different from the old password.',
  },
})

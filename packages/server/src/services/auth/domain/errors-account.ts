/** Errors of what users change of their own account, and of its identities. */

export const accountErrors = {
  // Identities
  linkingDisabled: {
    code: 'manual_linking_disabled',
    status: 404,
    message: 'Manual linking is disabled',
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

  // The user's own account
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
} as const

/** Errors that auth/factors alone raises. */
import { defineErrors } from '#base/kernel'

export const factorErrors = defineErrors({
  totpEnrolDisabled: {
    code: 'mfa_totp_enroll_not_enabled',
    status: 422,
    message: 'MFA enroll is disabled for TOTP',
  },
  phoneEnrolDisabled: {
    code: 'mfa_phone_enroll_not_enabled',
    status: 422,
    message: 'MFA enroll is disabled for Phone',
  },
  webauthnEnrolDisabled: {
    code: 'mfa_webauthn_enroll_not_enabled',
    status: 422,
    message: 'MFA enroll is disabled for WebAuthn',
  },
  totpVerifyDisabled: {
    code: 'mfa_totp_verify_not_enabled',
    status: 422,
    message: 'MFA verification is disabled for TOTP',
  },
  phoneVerifyDisabled: {
    code: 'mfa_phone_verify_not_enabled',
    status: 422,
    message: 'MFA verification is disabled for Phone',
  },
  webauthnVerifyDisabled: {
    code: 'mfa_webauthn_verify_not_enabled',
    status: 422,
    message: 'MFA verification is disabled for WebAuthn',
  },
  tooManyFactors: {
    code: 'too_many_enrolled_mfa_factors',
    status: 422,
    message: 'Maximum number of verified factors reached, unenroll to continue',
  },
  factorNameTaken: {
    code: 'mfa_factor_name_conflict',
    status: 422,
    message: (p: { name: string }) =>
      `A factor with the friendly name "${p.name}" for this user already exists`,
  },
  phoneFactorExists: {
    code: 'mfa_verified_factor_exists',
    status: 422,
    message: 'A verified phone factor already exists, unenroll the existing factor to continue',
  },
  enrolNeedsAal2: {
    code: 'insufficient_aal',
    status: 403,
    message: 'AAL2 required to enroll a new factor',
  },
  unenrolNeedsAal2: {
    code: 'insufficient_aal',
    status: 422,
    message: 'AAL2 required to unenroll verified factor',
  },
  factorNotFound: { code: 'mfa_factor_not_found', status: 404, message: 'Factor not found' },
  challengeNotFound: {
    code: 'mfa_factor_not_found',
    status: 422,
    message: 'MFA factor with the provided challenge ID not found',
  },
  challengeElsewhere: {
    code: 'mfa_ip_address_mismatch',
    status: 422,
    message: 'Challenge and verify IP addresses mismatch.',
  },
  challengeExpired: {
    code: 'mfa_challenge_expired',
    status: 422,
    message: (p: { id: string }) =>
      `MFA challenge ${p.id} has expired, verify against another challenge or create a new challenge.`,
  },
  totpCodeInvalid: {
    code: 'mfa_verification_failed',
    status: 422,
    message: 'Invalid TOTP code entered',
  },
  phoneCodeInvalid: {
    code: 'mfa_verification_failed',
    status: 422,
    message: 'Invalid MFA Phone code entered',
  },
  passkeysDisabled: { code: 'passkey_disabled', status: 404, message: 'Passkeys are disabled' },
  passkeysNeedAal2: {
    code: 'insufficient_aal',
    status: 403,
    message: 'AAL2 session is required to manage passkeys when MFA is enabled',
  },
  passkeyOfSso: {
    code: 'validation_failed',
    status: 422,
    message: 'SSO users cannot register passkeys',
  },
  tooManyPasskeys: {
    code: 'too_many_passkeys',
    status: 422,
    message: 'Maximum number of passkeys reached',
  },
  passkeyNotFound: { code: 'validation_failed', status: 404, message: 'Passkey not found' },
  passkeyExists: {
    code: 'webauthn_credential_exists',
    status: 422,
    message: 'This credential is already registered',
  },
  ceremonyNotFound: {
    code: 'webauthn_challenge_not_found',
    status: 400,
    message: 'Challenge not found or already used',
  },
  ceremonyExpired: {
    code: 'webauthn_challenge_expired',
    status: 400,
    message: 'Challenge has expired',
  },
  credentialInvalid: {
    code: 'webauthn_verification_failed',
    status: 400,
    message: 'Credential verification failed',
  },
  passkeyEmailUnconfirmed: {
    code: 'email_not_confirmed',
    status: 403,
    message: 'Email not confirmed',
  },
  passkeyPhoneUnconfirmed: {
    code: 'phone_not_confirmed',
    status: 403,
    message: 'Phone not confirmed',
  },
})

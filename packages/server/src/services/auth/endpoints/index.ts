/** auth/endpoints: one function a route, `(context) → response`. */
export { adminCreateUser } from './admin-create-user.ts'
export {
  adminCreateCustomProvider,
  adminDeleteCustomProvider,
  adminGetCustomProvider,
  adminListCustomProviders,
  adminUpdateCustomProvider,
} from './admin-custom-providers.ts'
export { adminDeleteFactor, adminListFactors, adminUpdateFactor } from './admin-factors.ts'
export { adminListAudit } from './admin-list-audit.ts'
export { adminListUsers } from './admin-list-users.ts'
export { adminDeleteUser, adminGetUser, adminUpdateUser } from './admin-user.ts'
export { authorize, authorizeLinking } from './authorize.ts'
export { callback } from './callback.ts'
export { generateLink } from './generate-link.ts'
export { invite } from './invite.ts'
export { reauthenticate } from './reauthenticate.ts'
export { recoverPassword, requestMagicLink, requestOtp } from './request-otp.ts'
export { refreshSession } from './refresh-session.ts'
export type { RefreshResult } from './refresh-session.ts'
export { resend } from './resend.ts'
export { verifyCode, verifyLink } from './verify.ts'
export { challengeFactor } from './challenge-factor.ts'
export { enrollFactor } from './enroll-factor.ts'
export {
  adminDeletePasskey,
  adminListPasskeys,
  deleteOwnPasskey,
  listOwnPasskeys,
  renameOwnPasskey,
} from './passkeys.ts'
export { offerPasskey, registerPasskey } from './register-passkey.ts'
export { askForPasskey, signInWithPasskey } from './sign-in-with-passkey.ts'
export { unenrollFactor } from './unenroll-factor.ts'
export { verifyFactor } from './verify-factor.ts'
export { unlinkIdentity } from './unlink-identity.ts'
export { createToken } from './create-token.ts'
export { getJwks, getOauthServer, getOpenidConfiguration } from './get-discovery.ts'
export { getHealth } from './get-health.ts'
export { getSettings } from './get-settings.ts'
export { getUser } from './get-user.ts'
export { signOut } from './sign-out.ts'
export { signUp } from './sign-up.ts'
export { updateUser } from './update-user.ts'
export {
  adminCreateSsoProvider,
  adminDeleteSsoProvider,
  adminGetSsoProvider,
  adminListSsoProviders,
  adminUpdateSsoProvider,
} from './admin-sso-providers.ts'
export { consumeAssertion } from './saml-acs.ts'
export { getSamlMetadata } from './saml-metadata.ts'
export { signInBySso } from './sign-in-by-sso.ts'

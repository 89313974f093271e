/** auth/factors: second factors and passkeys: enrolled, challenged, verified, taken away. */
export { adminDeleteFactor, adminListFactors, adminUpdateFactor } from './admin-factors.ts'
export { challengeFactor } from './challenge-factor.ts'
export { enrollFactor } from './enroll-factor.ts'
export { factorErrors } from './errors.ts'
export {
  adminDeletePasskey,
  adminListPasskeys,
  deleteOwnPasskey,
  listOwnPasskeys,
  renameOwnPasskey,
} from './passkeys.ts'
export { offerPasskey, registerPasskey } from './register-passkey.ts'
export { askForPasskey, signInWithPasskey } from './sign-in-with-passkey.ts'
export { totpCode } from './totp.ts'
export { unenrollFactor } from './unenroll-factor.ts'
export { verifyFactor } from './verify-factor.ts'

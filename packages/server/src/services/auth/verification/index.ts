/** auth/verification: codes and links asked for, and answered. */
export { verificationErrors } from './errors.ts'
export {
  planEmailChange,
  planPhoneAdoption,
  planPhoneChange,
  toNewPhone,
} from './plan-contact-change.ts'
export { recoverPassword, requestMagicLink, requestOtp } from './request-otp.ts'
export { resend } from './resend.ts'
export { verifyCode, verifyLink } from './verify.ts'

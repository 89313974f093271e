/** Errors that auth/sign-up alone raises. */
import { defineErrors } from '#base/kernel'

export const signUpErrors = defineErrors({
  anonymousDisabled: {
    code: 'anonymous_provider_disabled',
    status: 422,
    message: 'Anonymous sign-ins are disabled',
  },
  emailSignupDisabled: {
    code: 'email_provider_disabled',
    status: 400,
    message: 'Email signups are disabled',
  },
  phoneSignupDisabled: {
    code: 'phone_provider_disabled',
    status: 400,
    message: 'Phone signups are disabled',
  },
  userExists: { code: 'user_already_exists', status: 422, message: 'User already registered' },
})

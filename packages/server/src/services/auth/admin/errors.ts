/** Errors that auth/admin alone raises. */
import { defineErrors } from '#base/kernel'

export const adminErrors = defineErrors({
  phoneTaken: {
    code: 'phone_exists',
    status: 422,
    message: 'Phone number already registered by another user',
  },
  emailUnknown: {
    code: 'user_not_found',
    status: 404,
    message: 'User with this email not found',
  },
})

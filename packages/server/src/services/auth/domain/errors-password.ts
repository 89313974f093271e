/** Errors of a change of password. */
export const passwordErrors = {
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
} as const

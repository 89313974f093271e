/** auth/account: what signed-in users see and change of their own account. */
export { accountErrors } from './errors.ts'
export { getUser } from './get-user.ts'
export { reauthenticate } from './reauthenticate.ts'
export { unlinkIdentity } from './unlink-identity.ts'
export { updateUser } from './update-user.ts'

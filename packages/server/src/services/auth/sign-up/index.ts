/** auth/sign-up: accounts begun by their owners. */
export { signUpErrors } from './errors.ts'
export { planNewUser, renderActor } from './plan-new-user.ts'
export type { Actor } from './plan-new-user.ts'
export { signUp } from './sign-up.ts'

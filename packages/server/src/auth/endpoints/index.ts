/** auth/endpoints: one function a route, `(context) → response`. */
export { createToken } from './create-token.ts'
export { getJwks, getOauthServer, getOpenidConfiguration } from './get-discovery.ts'
export { getHealth } from './get-health.ts'
export { getSettings } from './get-settings.ts'
export { getUser } from './get-user.ts'
export { signOut } from './sign-out.ts'
export { signUp } from './sign-up.ts'
export { updateUser } from './update-user.ts'

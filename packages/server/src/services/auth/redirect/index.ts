/** auth/redirect: where browsers may be sent, and the responses that send them there. */
export { isRedirectAllowed, redirectTo, resolveRedirect, withParameters } from './redirect.ts'

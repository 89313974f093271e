/** auth/session: sessions: granted, refreshed, ended; the access tokens they issue. */
export { clientOf, issueInTransaction, issuerOf } from './access-token.ts'
export { createToken } from './create-token.ts'
export { sessionErrors } from './errors.ts'
export { grantByPassword } from './grant-by-password.ts'
export { grantByPkce } from './grant-by-pkce.ts'
export { grantByRefreshToken } from './grant-by-refresh-token.ts'
export { refreshSession } from './refresh-session.ts'
export {
  issueFor,
  newRefreshToken,
  planSession,
  sessionResponse,
  writeSignIn,
} from './session-grant.ts'
export type { GrantedSession, SessionGrant } from './session-grant.ts'
export { signOut } from './sign-out.ts'

/** auth/oauth-server: this project as an OAuth 2.1 and OpenID provider for other applications. */
export {
  adminDeleteClient,
  adminGetClient,
  adminListClients,
  adminRegenerateSecret,
  adminUpdateClient,
} from './admin-clients.ts'
export { authorizeClient } from './authorize-client.ts'
export { answerAuthorization, getAuthorization } from './decide-authorization.ts'
export { oauthServerErrors } from './errors.ts'
export { getUserinfo } from './get-userinfo.ts'
export { listUserGrants, revokeUserGrant } from './grants.ts'
export { issueTokens } from './issue-tokens.ts'
export { adminCreateClient, registerClient } from './register-client.ts'

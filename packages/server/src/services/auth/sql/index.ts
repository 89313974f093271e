/** auth/sql: statements several rooms share, one a function, named for what it does. No I/O. */
export { deleteFactorsOfUser, deletePasskeysOfUser } from './factors-of-user.ts'
export { findToken, findTokenOfPhone } from './find-token.ts'
export type { TokenRow } from './find-token.ts'
export { findUserByEmail, findUserById, findUserByPhone, findUserOfEmail } from './find-user.ts'
export {
  deleteOldFlows,
  findFlow,
  insertFlowState,
  issueFlowCode,
  takeFlow,
} from './flow-states.ts'
export type { FlowRow } from './flow-states.ts'
export { insertIdentity, updateIdentityData } from './insert-identity.ts'
export type { NewIdentity } from './insert-identity.ts'
export { insertUser } from './insert-user.ts'
export {
  setConfirmationToken,
  setEmailChange,
  setInvited,
  setPhoneChange,
  setReauthenticationToken,
  setRecoveryToken,
  upsertOneTimeToken,
} from './one-time-tokens.ts'
export type { OneTimeTokenType } from './one-time-tokens.ts'
export {
  deleteRefreshToken,
  deleteTokensOfSession,
  findRefreshToken,
  insertRefreshToken,
  lockSessionOfToken,
  revokeRefreshToken,
  revokeTokensOfSession,
} from './refresh-tokens.ts'
export type { RefreshTokenRow } from './refresh-tokens.ts'
export {
  deleteOtherSessions,
  deleteSession,
  deleteSessionsOfUser,
  findNewerSession,
  findSession,
  insertSession,
  setSessionRefreshed,
  upsertAmrClaim,
} from './sessions.ts'
export type { AmrEntry, SessionRow } from './sessions.ts'
export {
  clearPhone,
  confirmUser,
  deleteOneTimeTokens,
  mergeUserMetadata,
  refreshProviders,
  setEmail,
  setPassword,
} from './update-user.ts'
export { noInstance, userColumns } from './user-row.ts'
export type { UserRow } from './user-row.ts'

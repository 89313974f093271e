/** auth/sql: one statement a function, named for what it does. No I/O. */
export {
  changeAccount,
  countAuditEntries,
  countUsers,
  deleteFactorsOfUser,
  deleteUser,
  listAuditEntries,
  listUsers,
  mergeAppMetadata,
  obfuscateIdentities,
  obfuscateUser,
  updateIdentityData,
} from './admin-users.ts'
export type { AccountChange, AuditPage, AuditRow, UserPage } from './admin-users.ts'
export {
  deleteCustomProvider,
  findCustomProvider,
  insertCustomProvider,
  listCustomProviders,
  updateCustomProvider,
} from './custom-providers.ts'
export type { CustomProviderRow, NewCustomProvider } from './custom-providers.ts'
export { callHook, liftHookTime, limitHookTime } from './call-hook.ts'
export { findUserByEmail, findUserById, findUserByPhone, findUserOfEmail } from './find-user.ts'
export {
  adoptIdentityEmail,
  deleteOtherIdentities,
  endAnonymity,
  findIdentity,
  findSimilar,
  insertNewIdentity,
  replaceIdentityData,
  resetUnconfirmed,
} from './identities.ts'
export type { IdentityRow, SimilarRow } from './identities.ts'
export { deleteOldSilentMails, findSilentMail, upsertSilentMail } from './silent-mails.ts'
export type { SilentMailRow } from './silent-mails.ts'
export { insertAuditEntry } from './insert-audit-entry.ts'
export { insertFlowState } from './insert-flow-state.ts'
export type { NewFlowState } from './insert-flow-state.ts'
export { insertIdentity } from './insert-identity.ts'
export type { NewIdentity } from './insert-identity.ts'
export { insertUser } from './insert-user.ts'
export type { NewUser } from './insert-user.ts'
export {
  approveAuthorization,
  claimAuthorization,
  closeAuthorization,
  deleteAuthorization,
  deleteOldAuthorizations,
  deleteSessionsOfClient,
  findConsent,
  insertAuthorization,
  listGrants,
  lockAuthorization,
  lockAuthorizationOfCode,
  revokeConsent,
  upsertConsent,
} from './oauth-authorizations.ts'
export type { AuthorizationRow, GrantRow, NewAuthorization } from './oauth-authorizations.ts'
export {
  countOauthClients,
  deleteOauthClient,
  findOauthClient,
  insertOauthClient,
  listOauthClients,
  setOauthClientSecret,
  updateOauthClient,
} from './oauth-clients.ts'
export type { NewOauthClient, OauthClientRow } from './oauth-clients.ts'
export {
  setConfirmationToken,
  setEmailChange,
  setInvited,
  setPhoneChange,
  setReauthenticationToken,
  setRecoveryToken,
  upsertOneTimeToken,
} from './one-time-tokens.ts'
export type { OneTimeToken, OneTimeTokenType } from './one-time-tokens.ts'
export {
  completeProviderFlow,
  deleteOldClientStates,
  deleteOldFlows,
  findProviderFlow,
  insertClientState,
  insertProviderFlow,
  lockProviderFlow,
  takeClientState,
} from './provider-flow.ts'
export type { ClientStateRow, NewProviderFlow, ProviderFlowRow } from './provider-flow.ts'
export {
  deleteRefreshToken,
  deleteTokensOfSession,
  findRefreshToken,
  insertRefreshToken,
  lockSessionOfToken,
  revokeRefreshToken,
  revokeTokensOfSession,
} from './refresh-tokens.ts'
export type { NewRefreshToken, RefreshTokenRow } from './refresh-tokens.ts'
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
export type { AmrEntry, NewSession, SessionRow } from './sessions.ts'
export {
  adoptEmail,
  adoptPhone,
  confirmUser,
  deleteOneTimeTokens,
  endReauthentication,
  mergeUserMetadata,
  refreshProviders,
  replacePasswordHash,
  setLastSignIn,
  setPassword,
} from './update-user.ts'
export type { UserRow } from './user-row.ts'
export {
  agreeToEmailChange,
  applyEmailChange,
  applyPhoneChange,
  clearTokenColumns,
  findFlow,
  findToken,
  findTokenOfPhone,
  issueFlowCode,
  takeFlow,
  takeToken,
} from './verification.ts'
export type { FlowRow, TokenRow } from './verification.ts'
export {
  clearPhone,
  deleteAbandonedFactors,
  deleteFactor,
  deleteIdentity,
  deleteLowerSessions,
  changeFactor,
  deleteOtherUnverifiedFactors,
  deleteUnverifiedPhone,
  findChallenge,
  findFactor,
  insertChallenge,
  insertFactor,
  listVerifiedKeys,
  lowerSessionsOfFactor,
  raiseSession,
  setEmail,
  setFactorChallenged,
  setFactorKey,
  setFactorVerified,
  setLastAnswer,
  takeChallenge,
} from './factors.ts'
export type { ChallengeRow, FactorRow, NewChallenge, NewFactor } from './factors.ts'
export {
  deletePasskey,
  deletePasskeysOfUser,
  insertCeremony,
  insertPasskey,
  listPasskeys,
  renamePasskey,
  takeCeremony,
  usePasskey,
} from './webauthn.ts'
export type { CeremonyRow, NewCeremony, NewPasskey, PasskeyRow } from './webauthn.ts'
export {
  completeSsoFlow,
  deleteSsoProvider,
  findSsoProvider,
  findSsoProviderByEntity,
  findSsoProviderByResource,
  findSsoProvidersByDomain,
  insertRelayState,
  insertSsoFlow,
  insertSsoProvider,
  listSsoProviders,
  refreshSsoMetadata,
  setSsoDomains,
  takeRelayState,
  updateSsoProvider,
  useAssertion,
} from './sso.ts'
export type { NewRelayState, RelayStateRow, SsoProviderChange, SsoProviderRow } from './sso.ts'

/** auth/provider: what an OAuth or OpenID provider is, from where the browser is sent to who the user is. No database. */
export { authorizationUrl, exchangeCode, reservedParameters } from './authorization.ts'
export { createCustomPreset, mapClaims } from './custom-preset.ts'
export type { CustomProvider } from './custom-preset.ts'
export {
  isAppleIssuer,
  isAzureCiamIssuer,
  isAzureIssuer,
  issuers,
  userOfIdToken,
} from './id-token-user.ts'
export { audiencesOf, peekClaims, verifyIdToken } from './id-token.ts'
export { fetchUser, readIdToken } from './preset-requests.ts'
export { hostOr } from './preset.ts'
export type {
  Preset,
  ProviderEndpoints,
  ProviderSession,
  ProviderSettings,
  ProviderTokens,
  ProviderTools,
} from './preset.ts'
export {
  foldCase,
  identityData,
  primaryEmail,
  textClaims,
  tidyUser,
  usualClaims,
} from './provider-user.ts'
export type { IdentityData, ProviderClaims, ProviderUser } from './provider-user.ts'

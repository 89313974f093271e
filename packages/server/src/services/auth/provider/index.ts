/** auth/provider: OAuth and OpenID providers, from where the browser is sent to who the user is. No database. */
export { authorizationUrl, exchangeCode, reservedParameters } from './authorization.ts'
export { createCustomPreset, mapClaims } from './custom-preset.ts'
export type { CustomProvider } from './custom-preset.ts'
export { createDiscovery } from './discovery.ts'
export type { Discovery, Issuer } from './discovery.ts'
export { audiencesOf, peekClaims, verifyIdToken } from './id-token.ts'
export { isAppleIssuer, issuers, userOfIdToken } from './id-token-user.ts'
export { ProviderFailure, createOutgoing } from './outgoing.ts'
export type { Outgoing, OutgoingOptions, OutgoingRequest, OutgoingResponse } from './outgoing.ts'
export type {
  Preset,
  ProviderEndpoints,
  ProviderSession,
  ProviderSettings,
  ProviderTokens,
  ProviderTools,
} from './preset.ts'
export { presets } from './presets.ts'
export { identityData, textClaims } from './provider-user.ts'
export type { IdentityData, ProviderClaims, ProviderEmail, ProviderUser } from './provider-user.ts'
export { findUrlFault } from './public-address.ts'
export { publicFetch } from './public-fetch.ts'
export { UnusableProvider, findSettings, readSettings } from './settings.ts'
export type { UsableProvider } from './settings.ts'

/** Errors that auth/external alone raises. */
import { defineErrors } from '#base/kernel'

export const externalErrors = defineErrors({
  unsupportedProvider: {
    code: 'validation_failed',
    status: 400,
    message: (p: { reason: string }) => `Unsupported provider: ${p.reason}`,
  },
  providerGone: {
    code: 'oauth_provider_not_supported',
    status: 400,
    message: (p: { reason: string }) => `Unsupported provider: ${p.reason}`,
  },
  inviteeNotFound: {
    code: 'user_not_found',
    status: 404,
    message: 'User identified by token not found',
  },
  stateMissing: {
    code: 'bad_oauth_callback',
    status: 400,
    message: 'OAuth state parameter missing',
  },
  stateInvalid: {
    code: 'bad_oauth_state',
    status: 400,
    message: 'OAuth state parameter is invalid',
  },
  stateNotFound: {
    code: 'bad_oauth_state',
    status: 400,
    message: 'OAuth state not found or expired',
  },
  stateExpired: { code: 'bad_oauth_state', status: 400, message: 'OAuth state has expired' },
  stateUsed: {
    code: 'flow_state_already_used',
    status: 400,
    message: 'State has already been used',
  },
  codeMissing: {
    code: 'bad_oauth_callback',
    status: 400,
    message: 'OAuth callback with missing authorization code missing',
  },
  clientStateNotFound: {
    code: 'oauth_client_state_not_found',
    status: 422,
    message: 'OAuth state not found',
  },
  clientStateExpired: {
    code: 'oauth_client_state_expired',
    status: 422,
    message: 'OAuth state expired',
  },
  clientStateInvalid: {
    code: 'oauth_invalid_state',
    status: 400,
    message: 'OAuth PKCE code verifier missing',
  },
  exchangeFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { code: string }) => `Unable to exchange external code: ${p.code}`,
  },
  profileFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Error getting user profile from external provider',
  },
  noProviderEmail: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Error getting user email from external provider',
  },
  providerDisabled: {
    code: 'provider_disabled',
    status: 400,
    message: (p: { issuer: string }) => `Provider (issuer "${p.issuer}") is not enabled`,
  },
  customProviderNotFound: {
    code: 'custom_provider_not_found',
    status: 404,
    message: 'Custom OAuth provider not found',
  },
  customProviderExists: {
    code: 'conflict',
    status: 400,
    message: 'A custom OAuth provider with this identifier already exists',
  },
  customProviderDisabled: {
    code: 'provider_disabled',
    status: 400,
    message: (p: { name: string }) => `Custom provider "${p.name}" is disabled`,
  },
  web3Disabled: {
    code: 'web3_provider_disabled',
    status: 422,
    message: (p: { chain: string }) => `${p.chain}Web3 provider is disabled`,
  },
  unsupportedChain: { code: 'web3_unsupported_chain', status: 400, message: 'Unsupported chain' },
})

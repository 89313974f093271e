/** What can go wrong with other providers, with tokens and wallets of others, and with this project as a provider itself. */

export const providerErrorRows = {
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
  inviteNotFound: { code: 'invite_not_found', status: 404, message: 'Invite not found' },
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
  linkingTargetGone: {
    code: 'user_not_found',
    status: 422,
    message: 'Linking target user not found',
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
  multipleAccounts: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { domain: string }) =>
      `Multiple accounts with the same email address in the same linking domain detected: ${p.domain}`,
  },
  providerEmailUnverified: {
    code: 'provider_email_needs_verification',
    status: 422,
    message: (p: { provider: string; mailed: boolean }) =>
      p.mailed
        ? `Unverified email with ${p.provider}. A confirmation email has been sent to your ${p.provider} email`
        : `Unverified email with ${p.provider}. Verify the email with ${p.provider} in order to sign in`,
  },
  linkedEmailUnverified: {
    code: 'email_not_confirmed',
    status: 422,
    message: (p: { provider: string }) =>
      `Unverified email with ${p.provider}. A confirmation email has been sent to your ${p.provider} email`,
  },
  identityLinked: {
    code: 'identity_already_exists',
    status: 422,
    message: 'Identity is already linked',
  },
  identityTaken: {
    code: 'identity_already_exists',
    status: 422,
    message: 'Identity is already linked to another user',
  },
  linkedEmailTaken: {
    code: 'email_exists',
    status: 400,
    message: 'A user with this email address has already been registered',
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

  // This project as a provider
  oauthClientUnknown: {
    code: 'oauth_client_not_found',
    status: 400,
    message: (p: { reason: string }) => p.reason,
  },
  oauthClientNotFound: {
    code: 'oauth_client_not_found',
    status: 404,
    message: 'OAuth client not found',
  },
  registrationDisabled: {
    code: 'oauth_dynamic_client_registration_disabled',
    status: 403,
    message: 'Dynamic client registration is not enabled',
  },
  authorizationNotFound: {
    code: 'oauth_authorization_not_found',
    status: 404,
    message: 'authorization not found',
  },
  consentNotFound: {
    code: 'oauth_consent_not_found',
    status: 404,
    message: 'No active grant found for this client',
  },
  clientTokenNotAllowed: {
    code: 'no_authorization',
    status: 403,
    message: 'Tokens of OAuth clients cannot decide on authorizations',
  },
  badClientCredentials: {
    code: 'invalid_credentials',
    status: 400,
    message: (p: { reason: string }) => p.reason,
  },
  idTokenFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Error generating ID token',
  },
} as const

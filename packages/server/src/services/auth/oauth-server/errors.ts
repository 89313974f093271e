/** Errors that auth/oauth-server alone raises. */
import { defineErrors } from '#base/kernel'

export const oauthServerErrors = defineErrors({
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
  badClientCredentials: {
    code: 'invalid_credentials',
    status: 400,
    message: (p: { reason: string }) => p.reason,
  },
})

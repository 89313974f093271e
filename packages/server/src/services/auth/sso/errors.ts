/** Errors that auth/sso alone raises. */
import { defineErrors } from '#base/kernel'

export const ssoErrors = defineErrors({
  samlDisabled: { code: 'saml_provider_disabled', status: 404, message: 'SAML 2.0 is disabled' },
  ssoProviderUnknown: {
    code: 'sso_provider_not_found',
    status: 404,
    message: 'No such SSO provider',
  },
  ssoDomainUnknown: {
    code: 'sso_provider_not_found',
    status: 404,
    message: 'No SSO provider assigned for this domain',
  },
  ssoProviderDisabled: {
    code: 'sso_provider_disabled',
    status: 404,
    message: 'SSO Provider is currently disabled',
  },
  ssoProviderNotFound: {
    code: 'sso_provider_not_found',
    status: 404,
    message: 'SSO Identity Provider not found',
  },
  ssoDomainTaken: {
    code: 'sso_domain_already_exists',
    status: 400,
    message: (p: { domain: string; id: string }) =>
      `SSO Domain '${p.domain}' is already assigned to an SSO identity provider (${p.id})`,
  },
  ssoConflict: {
    code: 'conflict',
    status: 422,
    message: 'Updating SSO provider failed, likely due to a conflict. Try again?',
  },
  samlIdpExists: {
    code: 'saml_idp_already_exists',
    status: 422,
    message: (p: { entityId: string }) =>
      `SAML Identity Provider with this EntityID (${p.entityId}) already exists`,
  },
  samlEntityMismatch: {
    code: 'saml_entity_id_mismatch',
    status: 400,
    message: (p: { expected: string; found: string }) =>
      `SAML Metadata can be updated only if the EntityID matches for the provider; expected '${p.expected}' but got '${p.found}'`,
  },
  samlMetadataFetchFailed: {
    code: 'saml_metadata_fetch_failed',
    status: 400,
    message: (p: { reason: string; url: string }) =>
      `${p.reason} fetching SAML Metadata from URL '${p.url}'`,
  },
  samlRequestFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Error creating SAML Authentication Request',
  },
  relayStateNotFound: {
    code: 'saml_relay_state_not_found',
    status: 404,
    message: 'SAML RelayState does not exist, try logging in again?',
  },
  relayStateExpired: {
    code: 'saml_relay_state_expired',
    status: 422,
    message: 'SAML RelayState has expired. Try logging in again?',
  },
  samlIdpNotFound: {
    code: 'saml_idp_not_found',
    status: 404,
    message: 'A SAML connection has not been established with this Identity Provider',
  },
  samlAssertionInvalid: {
    code: 'validation_failed',
    status: 400,
    message: 'SAML Assertion is not valid',
  },
  samlAssertionUsed: {
    code: 'validation_failed',
    status: 400,
    message: 'SAML Assertion is not valid: it was used before',
  },
  samlNoUserId: {
    code: 'saml_assertion_no_user_id',
    status: 400,
    message:
      'SAML Assertion did not contain a persistent Subject Identifier attribute or Subject NameID uniquely identifying this user',
  },
  samlNoEmail: {
    code: 'saml_assertion_no_email',
    status: 400,
    message: 'SAML Assertion does not contain an email address',
  },
  flowUsed: {
    code: 'flow_state_already_used',
    status: 400,
    message: 'State has already been used',
  },
})

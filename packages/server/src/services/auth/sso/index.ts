/** auth/sso: single sign-on by SAML: providers, sign-in, assertions. */
export {
  adminCreateSsoProvider,
  adminDeleteSsoProvider,
  adminGetSsoProvider,
  adminListSsoProviders,
  adminUpdateSsoProvider,
} from './admin-sso-providers.ts'
export { ssoErrors } from './errors.ts'
export { consumeAssertion } from './saml-acs.ts'
export { getSamlMetadata } from './saml-metadata.ts'
export { signInBySso } from './sign-in-by-sso.ts'

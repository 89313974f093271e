/** auth/testing/providers: OpenID issuers, OAuth providers and a SAML identity provider on this machine. Heavy to load: for the tests that need them. */
export { TestIdentityProvider } from './identity-provider.fixture.ts'
export type { SamlAnswer } from './identity-provider.fixture.ts'
export {
  createLocalHosts,
  serveJson,
  serveText,
  signInAt,
  startIssuer,
} from './local-providers.fixture.ts'
export type { LocalIssuer, LocalServer } from './local-providers.fixture.ts'

/** auth/external: sign-in by OAuth and OpenID providers, ID tokens and wallets; providers set up at run time. */
export {
  adminCreateCustomProvider,
  adminDeleteCustomProvider,
  adminGetCustomProvider,
  adminListCustomProviders,
  adminUpdateCustomProvider,
} from './admin-custom-providers.ts'
export { authorize, authorizeLinking } from './authorize.ts'
export { callback } from './callback.ts'
export { externalErrors } from './errors.ts'
export { grantByIdToken } from './grant-by-id-token.ts'
export { grantByWeb3 } from './grant-by-web3.ts'

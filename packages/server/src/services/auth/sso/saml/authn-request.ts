/** Where a browser goes to sign in at its identity provider. */
import type { IdentityProvider } from './idp-metadata.ts'
import { openLibrary } from './saml-library.ts'
import type { LibraryOptions } from './saml-library.ts'
import type { ServiceProvider } from './service-provider.ts'
import { SamlProblem } from './xml.ts'

/** `https://idp/sso?SAMLRequest=…&RelayState=…&SigAlg=…&Signature=…` @throws SamlProblem */
export async function signInUrl(
  own: ServiceProvider,
  idp: IdentityProvider,
  request: LibraryOptions & { readonly relayState: string },
): Promise<string> {
  if (idp.signInUrl === null) {
    throw new SamlProblem('the identity provider takes no requests by redirect')
  }
  const library = await openLibrary(own, idp, request)
  return library.getAuthorizeUrlAsync(request.relayState, '', {})
}

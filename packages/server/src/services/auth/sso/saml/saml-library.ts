/** The SAML library with what it needs to know of both sides. */
import type { SAML } from '@node-saml/node-saml'
import type { IdentityProvider } from './idp-metadata.ts'
import type { ServiceProvider } from './service-provider.ts'

/** Clocks of identity providers may be wrong by this much. */
export const skewMs = 180_000
/** An assertion is for now, whatever it says itself. */
export const maxAgeMs = 300_000

export interface LibraryOptions {
  readonly requestId: string
  readonly nameIdFormat: string | null
}

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'

export async function openLibrary(
  own: ServiceProvider,
  idp: IdentityProvider,
  { requestId, nameIdFormat }: LibraryOptions = { requestId: '', nameIdFormat: null },
): Promise<SAML> {
  const { SAML } = await import('@node-saml/node-saml')
  const key = own.privateKey?.export({ type: 'pkcs8', format: 'pem' })
  return new SAML({
    issuer: own.entityId,
    audience: own.entityId,
    callbackUrl: own.acsUrl,
    idpCert: [...idp.certificates],
    idpIssuer: idp.entityId,
    entryPoint: idp.signInUrl ?? '',
    identifierFormat: nameIdFormat ?? persistent,
    disableRequestedAuthnContext: true,
    signatureAlgorithm: 'sha256',
    // one of the two must be: the library takes the assertion from what is signed
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: skewMs,
    maxAssertionAgeMs: maxAgeMs,
    generateUniqueId: () => requestId,
    ...(key === undefined ? {} : { privateKey: key }),
    ...(key === undefined || !own.acceptsEncrypted ? {} : { decryptionPvk: key }),
  })
}

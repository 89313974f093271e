/** Metadata of an identity provider: who it is, where it asks for passwords, what it signs with. */
import { attributeOf, childrenOf, parseXml, SamlProblem, textOf } from './xml.ts'
import type { XmlElement } from './xml.ts'

export interface IdentityProvider {
  readonly entityId: string
  /** Where browsers are sent with a request; null where it takes none that way. */
  readonly signInUrl: string | null
  /** Base64 of DER. */
  readonly certificates: readonly string[]
  readonly validUntilMs: number | null
  readonly cacheMs: number | null
}

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'

/** @throws SamlProblem */
export async function parseIdpMetadata(xml: string): Promise<IdentityProvider> {
  const root = await parseXml(xml)
  const entities = root['EntitiesDescriptor']
  const descriptor = root['EntityDescriptor'] ?? childrenOf(entities, 'EntityDescriptor')[0]
  const entityId = attributeOf(descriptor, 'entityID')
  if (entityId === '') throw new SamlProblem('SAML Metadata does not contain an EntityID')
  const [idp, ...others] = childrenOf(descriptor, 'IDPSSODescriptor')
  if (idp === undefined) {
    throw new SamlProblem('SAML Metadata does not contain any IDPSSODescriptor')
  }
  if (others.length > 0) {
    throw new SamlProblem('SAML Metadata contains multiple IDPSSODescriptors')
  }
  const certificates = certificatesOf(idp)
  if (certificates.length === 0) {
    throw new SamlProblem('SAML Metadata does not contain a certificate to verify signatures with')
  }
  return {
    entityId,
    signInUrl: signInUrlOf(idp),
    certificates,
    validUntilMs: timeOf(attributeOf(descriptor, 'validUntil')),
    cacheMs: durationOf(attributeOf(descriptor, 'cacheDuration')),
  }
}

/** Keys for signing, and those not said to be for anything. */
function certificatesOf(idp: XmlElement): string[] {
  return childrenOf(idp, 'KeyDescriptor')
    .filter((key) => ['', 'signing'].includes(attributeOf(key, 'use')))
    .flatMap((key) => childrenOf(key, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, 'X509Data'))
    .flatMap((data) => childrenOf(data, 'X509Certificate'))
    .map((certificate) => textOf(certificate).replace(/\s+/g, ''))
    .filter((text) => /^[A-Za-z0-9+/]+=*$/.test(text))
}

function signInUrlOf(idp: XmlElement): string | null {
  const service = childrenOf(idp, 'SingleSignOnService').find(
    (one) => attributeOf(one, 'Binding') === redirectBinding,
  )
  const url = attributeOf(service, 'Location')
  // a browser goes there
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null
}

function timeOf(text: string): number | null {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}

/** `PT24H`, `P1DT30M` in milliseconds; months and years are not worth it. */
function durationOf(text: string): number | null {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text)
  if (found === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((n) => Number(n ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

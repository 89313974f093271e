/** Our own metadata, for identity providers. */
import { certificateTextOf } from './service-provider.ts'
import type { ServiceProvider } from './service-provider.ts'
import { escapeXml } from './xml.ts'

const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const nameIdFormats = [
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
]

export function renderSpMetadata(provider: ServiceProvider, validUntil: string): string {
  const certificate = certificateTextOf(provider)
  const uses = provider.acceptsEncrypted ? ['signing', 'encryption'] : ['signing']
  const keys = certificate === null ? [] : uses.map((use) => renderKey(use, certificate))
  return [
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="${validUntil}" entityID="${escapeXml(provider.entityId)}">`,
    `<SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="${protocol}">`,
    ...keys,
    ...nameIdFormats.map((format) => `<NameIDFormat>${format}</NameIDFormat>`),
    `<AssertionConsumerService Binding="${post}" Location="${escapeXml(provider.acsUrl)}" index="1"/>`,
    '</SPSSODescriptor></EntityDescriptor>',
  ].join('')
}

function renderKey(use: string, certificate: string): string {
  const info = `<X509Data><X509Certificate>${certificate}</X509Certificate></X509Data>`
  return `<KeyDescriptor use="${use}"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">${info}</KeyInfo></KeyDescriptor>`
}

/** A SAML identity provider in this process (`samlp`). For tests. */
import { generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { certificateOf, toPem } from '#services/auth/sso/saml'

interface Samlp {
  getSamlResponse(
    options: Readonly<Record<string, unknown>>,
    user: object,
    done: (error: Error | null, xml: string) => void,
  ): void
  parseRequest(
    request: object,
    options: object,
    done: (error: Error | null, data: ParsedRequest) => void,
  ): void
}

export interface ParsedRequest {
  readonly id: string
  readonly issuer: string
  readonly assertionConsumerServiceURL: string
}

/** It has no types of its own. */
const samlp = createRequire(import.meta.url)('samlp') as Samlp

export interface SamlAnswer {
  readonly acsUrl: string
  readonly audience: string
  readonly inResponseTo?: string
  readonly nameId?: string
  readonly nameIdFormat?: string
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly lifetimeInSeconds?: number
  readonly signAssertion?: boolean
  readonly signResponse?: boolean
  readonly issuer?: string
  readonly recipient?: string
  readonly destination?: string
  /** PEM of whom it is encrypted for. */
  readonly encryptFor?: string
}

export class TestIdentityProvider {
  readonly entityId: string
  readonly #key: string
  readonly #cert: string

  constructor(entityId = 'https://idp.example.com/metadata') {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    this.entityId = entityId
    this.#key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    this.#cert = toPem(certificateOf(privateKey, 'idp.example.com'))
  }

  get metadata(): string {
    const certificate = this.#cert.replace(/-----.*-----|\n/g, '')
    return `<?xml version="1.0"?>
      <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${this.entityId}">
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
          <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
            <ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
          <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/post"/>
          <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso?tenant=1"/>
        </md:IDPSSODescriptor>
      </md:EntityDescriptor>`
  }

  /** The request in a URL; its signature must be by `signingCert` (PEM). */
  readRequest(url: string, signingCert: string): Promise<ParsedRequest> {
    const query = Object.fromEntries(new URL(url).searchParams)
    const options = { signingCert, relayState: query['RelayState'], deflate: true }
    return new Promise((resolve, reject) =>
      samlp.parseRequest({ query, method: 'GET' }, options, (error, data) =>
        error === null || error === undefined ? resolve(data) : reject(error),
      ),
    )
  }

  /** XML of a response. */
  answerXml(answer: SamlAnswer): Promise<string> {
    const { nameId = 'user-1', nameIdFormat, encryptFor } = answer
    const format = nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
    const options = {
      issuer: answer.issuer ?? this.entityId,
      key: this.#key,
      cert: this.#cert,
      audience: answer.audience,
      recipient: answer.recipient ?? answer.acsUrl,
      destination: answer.destination ?? answer.acsUrl,
      inResponseTo: answer.inResponseTo,
      lifetimeInSeconds: answer.lifetimeInSeconds ?? 60,
      signAssertion: answer.signAssertion ?? true,
      signResponse: answer.signResponse ?? false,
      signatureAlgorithm: 'rsa-sha256',
      digestAlgorithm: 'sha256',
      ...(encryptFor === undefined
        ? {}
        : {
            encryptionCert: encryptFor,
            encryptionPublicKey: encryptFor,
            encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
          }),
      profileMapper: () => ({
        getClaims: () => answer.attributes ?? { email: 'ann@corp.example' },
        getNameIdentifier: () => ({ nameIdentifier: nameId, nameIdentifierFormat: format }),
      }),
    }
    return new Promise((resolve, reject) =>
      samlp.getSamlResponse(options, {}, (error, xml) =>
        error === null || error === undefined ? resolve(xml) : reject(error),
      ),
    )
  }
}

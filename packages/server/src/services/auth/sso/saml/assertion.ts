/** An identity provider's answer: who somebody is, once the signature and everything around it hold. */
import type { IdentityProvider } from './idp-metadata.ts'
import { openLibrary, skewMs } from './saml-library.ts'
import type { ServiceProvider } from './service-provider.ts'
import { attributeOf, childrenOf, parseXml, refuseDangerous, SamlProblem, textOf } from './xml.ts'
import type { XmlElement } from './xml.ts'

export interface Assertion {
  readonly id: string
  readonly nameId: string
  readonly nameIdFormat: string
  readonly attributes: readonly AssertionAttribute[]
  /** When the identity provider wants the session to be over. */
  readonly sessionEndsMs: number | null
}

export interface AssertionAttribute {
  readonly name: string
  readonly friendlyName: string
  readonly values: readonly string[]
}

/** The provider a response says it is from: nothing of it is proved yet. @throws SamlProblem */
export async function readIssuer(response: string): Promise<string> {
  const root = await parseXml(decode(response))
  const issuer = textOf(childrenOf(root['Response'], 'Issuer')[0])
  if (issuer === '') throw new SamlProblem('it names no issuer')
  return issuer
}

/**
 * @param requestId of the request it answers; null for a sign-in that begins at the identity provider
 * @throws SamlProblem
 */
export async function readAssertion(
  own: ServiceProvider,
  idp: IdentityProvider,
  given: { readonly response: string; readonly requestId: string | null; readonly nowMs: number },
): Promise<Assertion> {
  const xml = decode(given.response)
  refuseDangerous(xml)
  const assertion = await verify(own, idp, given.response)
  if (textOf(childrenOf(assertion, 'Issuer')[0]) !== idp.entityId) {
    throw new SamlProblem('its assertion is of another issuer')
  }
  await checkDestination(own, xml)
  checkConfirmation(own, assertion, given.requestId, given.nowMs)
  const id = attributeOf(assertion, 'ID')
  if (id === '') throw new SamlProblem('its assertion has no ID')
  const nameId = childrenOf(childrenOf(assertion, 'Subject')[0], 'NameID')[0]
  return {
    id,
    nameId: textOf(nameId),
    nameIdFormat: attributeOf(nameId, 'Format'),
    attributes: attributesOf(assertion),
    sessionEndsMs: sessionEndOf(assertion),
  }
}

function decode(response: string): string {
  const text = response.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) throw new SamlProblem('it is not a valid Base64 string')
  return Buffer.from(text, 'base64').toString('utf8')
}

/** What of the response is signed, and only that. Signature, conditions, audience and age are the library's work. */
async function verify(
  own: ServiceProvider,
  idp: IdentityProvider,
  response: string,
): Promise<XmlElement> {
  const library = await openLibrary(own, idp)
  try {
    const { profile } = await library.validatePostResponseAsync({ SAMLResponse: response })
    const parsed = profile?.getAssertion?.()
    const assertion = parsed?.['Assertion']
    if (typeof assertion === 'object' && assertion !== null) return assertion as XmlElement
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SamlProblem(reason, { cause: error })
  }
  throw new SamlProblem('it has no assertion')
}

/** The envelope may be unsigned; what it says must still not be about somebody else. */
async function checkDestination(own: ServiceProvider, xml: string): Promise<void> {
  const destination = attributeOf((await parseXml(xml))['Response'], 'Destination')
  if (destination !== '' && destination !== own.acsUrl) {
    throw new SamlProblem('it was meant for another destination')
  }
}

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'

/** Saml profiles 4.1.4.3: for us, in time, in answer to our request or to none. */
function checkConfirmation(
  own: ServiceProvider,
  assertion: XmlElement,
  requestId: string | null,
  nowMs: number,
): void {
  const subject = childrenOf(assertion, 'Subject')[0]
  const data = childrenOf(subject, 'SubjectConfirmation')
    .filter((one) => attributeOf(one, 'Method') === bearer)
    .flatMap((one) => childrenOf(one, 'SubjectConfirmationData'))
  const forUs = data.filter((one) => attributeOf(one, 'Recipient') === own.acsUrl)
  if (forUs.length === 0) throw new SamlProblem('its assertion is for another recipient')
  const inTime = forUs.filter((one) => isInTime(one, nowMs))
  if (inTime.length === 0) throw new SamlProblem('its assertion has expired')
  if (!inTime.some((one) => attributeOf(one, 'InResponseTo') === (requestId ?? ''))) {
    throw new SamlProblem(
      requestId === null
        ? 'it answers a request, but none was made here'
        : 'it does not answer the request that was made',
    )
  }
}

function isInTime(data: XmlElement, nowMs: number): boolean {
  const until = Date.parse(attributeOf(data, 'NotOnOrAfter'))
  const from = Date.parse(attributeOf(data, 'NotBefore'))
  // without an end it would be good for ever
  if (Number.isNaN(until) || nowMs - skewMs >= until) return false
  return Number.isNaN(from) || nowMs + skewMs >= from
}

function attributesOf(assertion: XmlElement): AssertionAttribute[] {
  return childrenOf(assertion, 'AttributeStatement')
    .flatMap((statement) => childrenOf(statement, 'Attribute'))
    .map((attribute) => ({
      name: attributeOf(attribute, 'Name'),
      friendlyName: attributeOf(attribute, 'FriendlyName'),
      values: childrenOf(attribute, 'AttributeValue').map(textOf),
    }))
}

function sessionEndOf(assertion: XmlElement): number | null {
  const ends = childrenOf(assertion, 'AuthnStatement')
    .map((statement) => Date.parse(attributeOf(statement, 'SessionNotOnOrAfter')))
    .filter((ms) => !Number.isNaN(ms))
  return ends[0] ?? null
}

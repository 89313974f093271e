/** Whom an assertion is about: an id that stays, an address, and what the attribute mapping takes over. */
import type { JsonObject } from '#base/kernel'
import type { Assertion } from './assertion.ts'

/** `{ keys: { department: { name: 'dept' } } }` */
export interface AttributeMapping {
  readonly keys?: Readonly<Record<string, MappedAttribute>>
}

export interface MappedAttribute {
  readonly name?: string
  readonly names?: readonly string[]
  readonly default?: JsonObject[string]
  /** All values, not the first. */
  readonly array?: boolean
}

const subjectId = 'urn:oasis:names:tc:SAML:attribute:subject-id'
const emailFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
const emailNames = [
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/claims/EmailAddress',
  'mail',
  'email',
]

/** '' when nothing in it names the same person next time. */
export function userIdOf(assertion: Assertion): string {
  const [given] = valuesOf(assertion, subjectId)
  if (given !== undefined) return given
  const { nameId, nameIdFormat } = assertion
  if (nameIdFormat === transient) return ''
  return nameIdFormat === emailFormat ? nameId.trim().toLowerCase() : nameId
}

/** What the mapping says it is, else where identity providers usually have it; '' for none. */
export function emailOf(assertion: Assertion, mapped: JsonObject): string {
  if (typeof mapped['email'] === 'string' && mapped['email'] !== '') return mapped['email']
  const found = emailNames.flatMap((name) => valuesOf(assertion, name)).find((text) => text !== '')
  if (found !== undefined) return found
  return assertion.nameIdFormat === emailFormat ? assertion.nameId : ''
}

/** The mapping's keys with their values. */
export function mapAttributes(assertion: Assertion, mapping: AttributeMapping): JsonObject {
  const mapped: Record<string, JsonObject[string]> = {}
  for (const [key, attribute] of Object.entries(mapping.keys ?? {})) {
    const value = valueOf(assertion, attribute)
    if (value !== undefined) mapped[key] = value
  }
  return mapped
}

/** The first of the names that has a value. */
function valueOf(assertion: Assertion, attribute: MappedAttribute): JsonObject[string] | undefined {
  const names = [...(attribute.name ? [attribute.name] : []), ...(attribute.names ?? [])]
  for (const name of names) {
    const values = valuesOf(assertion, name).filter((text) => text !== '')
    if (values.length > 0) return attribute.array === true ? values : values[0]
  }
  return attribute.default ?? undefined
}

/** By its name or its friendly name, whatever the case. */
function valuesOf({ attributes }: Assertion, name: string): string[] {
  const wanted = name.toLowerCase()
  return attributes
    .filter((one) => [one.name.toLowerCase(), one.friendlyName.toLowerCase()].includes(wanted))
    .flatMap(({ values }) => values)
}

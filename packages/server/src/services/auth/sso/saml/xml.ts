/** XML read with the parser of the SAML library, which is loaded when somebody uses single sign-on. */

/** An element: children by local name; `$` has the attributes, `_` the text. */
export interface XmlElement {
  readonly $?: Readonly<Record<string, string>>
  readonly _?: string
  readonly [name: string]: unknown
}

/** What is wrong with what was sent; the text may be told. */
export class SamlProblem extends Error {
  override readonly name = 'SamlProblem'
}

/** Metadata of large federations are megabytes; of one identity provider some kilobytes. */
export const maxXmlBytes = 512 * 1024

/** The document's root by its local name: `{ EntityDescriptor: { … } }`. @throws SamlProblem */
export async function parseXml(text: string): Promise<Readonly<Record<string, XmlElement>>> {
  refuseDangerous(text)
  const { parseXml2JsFromString } = await import('@node-saml/node-saml/lib/xml.js')
  try {
    const parsed: unknown = await parseXml2JsFromString(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, XmlElement>
  } catch (error) {
    throw new SamlProblem('it is not well-formed XML', { cause: error })
  }
  throw new SamlProblem('it has no root element')
}

/** No entities, no document types: nothing of SAML needs them. @throws SamlProblem */
export function refuseDangerous(text: string): void {
  if (Buffer.byteLength(text) > maxXmlBytes) throw new SamlProblem('it is too large')
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new SamlProblem('it has a document type')
}

/** The children of this name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  const found = element?.[name]
  if (!Array.isArray(found)) return []
  // an element with nothing but text comes as a string where it has no attributes
  return found.map((child: unknown) =>
    typeof child === 'string' ? { _: child } : (child as XmlElement),
  )
}

export function attributeOf(element: XmlElement | undefined, name: string): string {
  const value = element?.$?.[name]
  return typeof value === 'string' ? value : ''
}

export function textOf(element: XmlElement | undefined): string {
  return typeof element?._ === 'string' ? element._.trim() : ''
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

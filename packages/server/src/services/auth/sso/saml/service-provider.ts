/** This project as identity providers know it: `[auth.saml]`. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Config } from '#base/config'
import { certificateOf } from './certificate.ts'

export interface ServiceProvider {
  /** Also where its metadata is. */
  readonly entityId: string
  /** Where answers are sent. */
  readonly acsUrl: string
  /** Null where requests are not signed. */
  readonly privateKey: KeyObject | null
  readonly acceptsEncrypted: boolean
}

/** `authUrl` without a trailing slash. */
export function serviceProviderOf(config: Config, authUrl: string): ServiceProvider {
  const base = (config['auth.saml.external_url'] ?? authUrl).replace(/\/+$/, '')
  const privateKey = readPrivateKey(config['auth.saml.private_key'])
  return {
    entityId: `${base}/sso/saml/metadata`,
    acsUrl: `${base}/sso/saml/acs`,
    privateKey,
    acceptsEncrypted: config['auth.saml.allow_encrypted_assertions'] && privateKey !== null,
  }
}

/** Base64 of PKCS#1 DER, as GoTrue has it. Null for none. @throws Error */
function readPrivateKey(text: string | null): KeyObject | null {
  if (text === null) return null
  return createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs1' })
}

/** Base64 of DER; null without a key. */
export function certificateTextOf({ privateKey, entityId }: ServiceProvider): string | null {
  if (privateKey === null) return null
  return certificateOf(privateKey, new URL(entityId).hostname).toString('base64')
}

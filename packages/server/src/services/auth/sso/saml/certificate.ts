/**
 * The certificate SAML metadata carries a public key in. Nobody checks more of it than the key; the same key always gives
 * the same certificate, so that identity providers need not be told again after a restart.
 */
import { createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  bitString,
  integer,
  none,
  objectId,
  octetString,
  sequence,
  set,
  tagged,
  taggedBytes,
  time,
  utf8String,
  yes,
} from './der.ts'

const sha256WithRsa = sequence(objectId('1.2.840.113549.1.1.11'), none)
const untilMs = Date.UTC(2170, 0, 1)

/** DER. */
export function certificateOf(privateKey: KeyObject, host: string): Buffer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const commonName = utf8String(`SAML 2.0 Certificate for ${host}`)
  const name = sequence(set(sequence(objectId('2.5.4.3'), commonName)))
  const dnsNames = sequence(taggedBytes(2, Buffer.from(`_samlsp.${host}`)))
  // digitalSignature and dataEncipherment
  const usage = bitString(Buffer.of(0b1001_0000), 4)
  const extensions = sequence(
    sequence(objectId('2.5.29.15'), yes, octetString(usage)),
    sequence(objectId('2.5.29.17'), octetString(dnsNames)),
  )
  const version = tagged(0, integer(2))
  const validity = sequence(time(0), time(untilMs))
  const body = sequence(
    version,
    integer(1),
    sha256WithRsa,
    name,
    validity,
    name,
    spki,
    tagged(3, extensions),
  )
  return sequence(body, sha256WithRsa, bitString(sign('sha256', body, privateKey)))
}

/** PEM, as most software wants it. */
export function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

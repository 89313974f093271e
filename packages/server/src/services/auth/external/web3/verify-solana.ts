/** Signatures of Solana wallets: Ed25519 over the message, or over the envelope a Ledger puts around it. */
import { createPublicKey, verify } from 'node:crypto'
import { decodeBase58 } from './base58.ts'
import type { SignInMessage } from './sign-in-message.ts'

export function isSignedBySolana(message: SignInMessage, signature: Uint8Array): boolean {
  const address = decodeBase58(message.address)
  if (address?.length !== 32 || signature.length !== 64) return false
  const x = Buffer.from(address).toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const raw = Buffer.from(message.raw, 'utf8')
  if (verify(null, raw, key, signature)) return true
  return (
    raw.length <= 0xffff && verify(null, envelope(message.domain, address, raw), key, signature)
  )
}

/** https://docs.anza.xyz/proposals/off-chain-message-signing: version 0, ASCII, one signer. */
function envelope(domain: string, address: Uint8Array, raw: Uint8Array): Buffer {
  const application = Buffer.alloc(32)
  application.write(domain)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(raw.length)
  const head = Buffer.from('\u00ffsolana offchain\u0000', 'latin1')
  return Buffer.concat([head, application, Buffer.from([0, 1]), address, length, raw])
}

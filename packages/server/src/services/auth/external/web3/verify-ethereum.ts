/** Signatures of Ethereum wallets (EIP-191): the address is that of the key the signature gives away. */
import type { SignInMessage } from './sign-in-message.ts'

/** `signature`: 65 bytes in hexadecimal behind `0x`, the last one telling which of two keys. */
export async function isSignedByEthereum(
  message: SignInMessage,
  signature: string,
): Promise<boolean> {
  if (!/^0x[0-9a-fA-F]{130}$/.test(signature)) return false
  const [{ secp256k1 }, { keccak_256: keccak }] = await Promise.all([
    import('@noble/curves/secp256k1.js'),
    import('@noble/hashes/sha3.js'),
  ])
  const bytes = Buffer.from(signature.slice(2), 'hex')
  const last = bytes[64] ?? 0
  const recovery = last >= 27 ? last - 27 : last
  if (recovery > 1) return false
  const text = Buffer.from(message.raw, 'utf8')
  const hash = keccak(
    Buffer.concat([Buffer.from(`\u0019Ethereum Signed Message:\n${text.length}`), text]),
  )
  try {
    const recovered = Uint8Array.from([recovery, ...bytes.subarray(0, 64)])
    const key = secp256k1.recoverPublicKey(recovered, hash, { prehash: false })
    const point = secp256k1.Point.fromBytes(key).toBytes(false)
    const address = Buffer.from(keccak(point.subarray(1)).subarray(12)).toString('hex')
    return `0x${address}` === message.address.toLowerCase()
  } catch {
    // not a point of the curve: nobody signed this
    return false
  }
}

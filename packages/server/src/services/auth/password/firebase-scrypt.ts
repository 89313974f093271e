/** Firebase's passwords: a key derived by scrypt encrypts the project's signer key, and what comes out is the hash (github.com/firebase/scrypt). */
import { createCipheriv, scrypt, timingSafeEqual } from 'node:crypto'
import type { FirebaseHash } from './password-hash-formats.ts'

const keyBytes = 32

/** In a thread of libuv. */
export async function matchesFirebaseHash(given: FirebaseHash, password: string): Promise<boolean> {
  const key = await derive(given, password)
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const found = Buffer.concat([cipher.update(given.signerKey), cipher.final()])
  return found.length === given.hash.length && timingSafeEqual(found, given.hash)
}

function derive(given: FirebaseHash, password: string): Promise<Buffer> {
  const { cost, blockSize, parallelism, salt } = given
  const maxmem = 128 * cost * blockSize * 2 + 1024 * 1024
  const options = { N: cost, r: blockSize, p: parallelism, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

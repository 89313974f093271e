/** The auth kit in a browser: Argon2id in WebAssembly, the same hashes as in Node. */
import { argon2id, argon2Verify } from 'hash-wasm'
import { argon2Cost, AuthKit, type AuthKitOptions, type PasswordHasher } from '#auth'
import type { Docstore } from '#database'

export const argon2Hasher: PasswordHasher = {
  hash: (password) =>
    argon2id({
      password,
      salt: globalThis.crypto.getRandomValues(new Uint8Array(16)),
      parallelism: argon2Cost.lanes,
      iterations: argon2Cost.passes,
      memorySize: argon2Cost.memoryKib,
      hashLength: 32,
      outputType: 'encoded',
    }),
  verify: (hash, password) => argon2Verify({ hash, password }),
}

export function createAuth(db: Docstore, kit: Partial<AuthKitOptions> = {}): AuthKit {
  return new AuthKit(db, { hasher: argon2Hasher, ...kit })
}

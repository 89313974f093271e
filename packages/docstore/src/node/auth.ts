/** The auth kit with Argon2id in Node's threads. */
import { hash, verify } from '@node-rs/argon2'
import { argon2Cost, AuthKit, type AuthKitOptions, type PasswordHasher } from '#auth'
import type { Docstore } from '#database'

/** Argon2id. */
const algorithm = 2
const options = {
  algorithm: algorithm as never,
  memoryCost: argon2Cost.memoryKib,
  timeCost: argon2Cost.passes,
  parallelism: argon2Cost.lanes,
}

export const argon2Hasher: PasswordHasher = {
  hash: (password) => hash(password, options),
  verify: (hashed, password) => verify(hashed, password),
}

/** `const auth = createAuth(db); await db.applySchemas([...auth.schemas, …])`. */
export function createAuth(db: Docstore, kit: Partial<AuthKitOptions> = {}): AuthKit {
  return new AuthKit(db, { hasher: argon2Hasher, ...kit })
}

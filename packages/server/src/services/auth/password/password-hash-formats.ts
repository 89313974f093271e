/** The forms a password hash is imported in: bcrypt, Argon2, and Firebase's scrypt (as supabase/auth internal/crypto/password.go reads them). */

export interface FirebaseHash {
  /** scrypt's N, r, p. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly signerKey: Buffer
  readonly hash: Buffer
}

const firebase =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,3}),p=(\d{1,2})(?:,ss=([^,$]+))?(?:,sk=([^$]+))?\$([^$]+)\$([^$]+)$/
const argon2 =
  /^\$argon2id?\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/
const bcrypt = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** More than this a sign-in must not take: who imports hashes decides what they cost. */
const maxScryptBytes = 256 * 1024 * 1024
const maxBcryptRounds = 14
const maxArgon2 = { kibibytes: 1024 * 1024, passes: 20, lanes: 16 }

/** `$fbscrypt$v=1,n=14,r=8,p=1,ss=<base64>,sk=<base64>$<salt>$<hash>`; null for anything else, and for what costs too much. */
export function parseFirebaseHash(text: string): FirebaseHash | null {
  const match = firebase.exec(text)
  if (match === null) return null
  const [, n = '', r = '', p = '', separator = '', signer = '', salt = '', hash = ''] = match
  const [cost, blockSize, parallelism] = [2 ** Number(n), Number(r), Number(p)]
  if (![salt, hash].every((part) => base64.test(part))) return null
  if (cost < 2 || blockSize < 1 || parallelism < 1 || parallelism > 16) return null
  if (128 * cost * blockSize > maxScryptBytes) return null
  return {
    cost,
    blockSize,
    parallelism,
    salt: Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(separator, 'base64')]),
    signerKey: Buffer.from(signer, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

/** What may be imported. */
export function isImportableHash(text: string): boolean {
  const rounds = bcrypt.exec(text)?.[1]
  if (rounds !== undefined) return Number(rounds) >= 4 && Number(rounds) <= maxBcryptRounds
  const cost = argon2.exec(text)
  if (cost === null) return parseFirebaseHash(text) !== null
  const [kibibytes = 0, passes = 0, lanes = 0] = cost.slice(1).map(Number)
  return kibibytes <= maxArgon2.kibibytes && passes <= maxArgon2.passes && lanes <= maxArgon2.lanes
}

/**
 * Password hashes: new ones Argon2id (m = 19 MiB, t = 2, p = 1: 6 ms on the machine of docs/measurements), those of
 * imported users verified. All of it runs off the event loop, few at a time: a sign-in storm leaves data requests their CPU.
 */
import { availableParallelism } from 'node:os'
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { createQueue, PlatformError } from '#base/kernel'
import { authErrors } from '#services/auth/core'
import type { PasswordHasher } from '#services/auth/core'
import { createBcryptWorkers } from './bcrypt-workers.ts'
import type { BcryptWorkers } from './bcrypt-workers.ts'
import { matchesFirebaseHash } from './firebase-scrypt.ts'
import { parseFirebaseHash } from './password-hash-formats.ts'

export interface PasswordHasherOptions {
  /** Default one less than the machine has cores, at most four. */
  readonly concurrency?: number
  /** More requests waiting than this are refused with 429. */
  readonly maxWaiting?: number
}

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const current = '$argon2id$v=19$m=19456,t=2,p=1$'
/**
 * Hash of a password nobody has: comparing with it takes the time of a real comparison. It is also that of accounts
 * that begin with a password nobody knows.
 */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$3ux0r8kzK3OzlbpKdJx9Qw$gEIxTAEN2Pw8LEhObVsDTTPIdN0kQqXtTCLsMPxTnrA'

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const cores = Math.max(1, Math.min(4, availableParallelism() - 1))
  const concurrency = options.concurrency ?? cores
  const maxWaiting = options.maxWaiting ?? 100
  const run = createQueue({ concurrency, maxWaiting, refuse: overloaded })
  // a comparison with an imported hash can take a second and more: nobody with one of ours waits behind it
  const runImported = createQueue({ concurrency, maxWaiting, refuse: overloaded })
  const bcrypt = createBcryptWorkers()
  return {
    hash: (password) => run(() => argon2Hash(password, parameters)),
    verify: (hash, password) =>
      (isImported(hash) ? runImported : run)(() => verifyHash(bcrypt, hash, password)),
    isOutdated: (hash) => !hash.startsWith(current),
    close: () => bcrypt.close(),
  }
}

function isImported(hash: string | null): boolean {
  return hash !== null && hash !== '' && !hash.startsWith(current)
}

async function verifyHash(
  bcrypt: BcryptWorkers,
  hash: string | null,
  password: string,
): Promise<boolean> {
  if (hash === null || hash === '') {
    await argon2Verify(nobodysHash, password)
    return false
  }
  try {
    if (hash.startsWith('$argon2')) return await argon2Verify(hash, password)
    if (/^\$2[abxy]\$/.test(hash)) return await bcrypt.compare(password, hash)
    const firebase = parseFirebaseHash(hash)
    return firebase === null ? false : await matchesFirebaseHash(firebase, password)
  } catch {
    // a hash that is damaged is one that nothing matches
    return false
  }
}

function overloaded(): PlatformError {
  const { code, status, message } = authErrors.tooManyRequests()
  return new PlatformError({ code, status, message, headers: { 'retry-after': '1' } })
}

/** The keys of a project as its record has them, those of before a rotation for as long as they are good. */
import type { RecordKeys } from '#host/control-plane'
import type { SigningKeys } from '#host/platform'
import type { Clock } from '#base/kernel'
import { createVerifier } from '#base/token'
import type { Jwk, ProjectKeys, Verifier } from '#base/token'

export interface RecordSigningKeys extends SigningKeys {
  take(keys: RecordKeys): void
}

/** `onExpire` hears that keys are no longer good: what was concluded from them has to be forgotten. */
export function createRecordKeys(
  record: RecordKeys,
  clock: Clock,
  onExpire: () => void,
): RecordSigningKeys {
  let given = record
  let nextExpiryMs = Infinity
  let keys: ProjectKeys
  let verifier: Verifier

  function build(): void {
    const nowMs = clock.now()
    const retired = given.retired.filter(({ untilMs }) => untilMs > nowMs)
    nextExpiryMs = Math.min(Infinity, ...retired.map(({ untilMs }) => untilMs))
    const { jwtSecret, anonKey, serviceRoleKey, publishableKey, secretKey, signingKeys } = given
    const retiredKeys = retired.flatMap((old) => old.signingKeys)
    keys = {
      jwtSecret,
      anonKey,
      serviceRoleKey,
      publishableKey,
      secretKey,
      signingKeys,
      retiredKeys,
      retiredApiKeys: retired,
    }
    const secrets = retired.map((old) => secretJwk(old.jwtSecret))
    verifier = createVerifier({
      jwtSecret,
      jwks: { keys: [...signingKeys, ...retiredKeys, ...secrets] },
      clock,
    })
  }

  function freshen(): void {
    if (clock.now() < nextExpiryMs) return
    build()
    onExpire()
  }

  build()
  return {
    current: () => (freshen(), keys),
    verifier: () => (freshen(), verifier),
    // they are in no configuration
    use: () => Promise.resolve(),
    take: (next) => {
      given = next
      build()
      onExpire()
    },
  }
}

function secretJwk(jwtSecret: string): Jwk {
  return { kty: 'oct', alg: 'HS256', k: Buffer.from(jwtSecret, 'utf8').toString('base64url') }
}

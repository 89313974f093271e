/**
 * The keys of a project while it runs. They change without anybody being logged out: a key that has signed verifies
 * until the last token it can have signed has run out, in every process on the database and over restarts.
 */
import type { Config } from '#base/config'
import type { KeyStore, StoredKey } from '#host/control'
import type { Clock, Log } from '#base/kernel'
import {
  createVerifier,
  defaultKeys,
  mintApiKeys,
  signingKeyOf,
  thumbprintOf,
  verifyingJwk,
} from '#base/token'
import type { Jwk, ProjectKeys, Verifier } from '#base/token'

export interface SigningKeys {
  current(): ProjectKeys
  verifier(): Verifier
  /** Takes the keys `config` names. What cannot be read leaves those there are, with an error in the log. */
  use(config: Config): Promise<void>
}

export interface GivenKeys {
  readonly config: Config
  readonly externalUrl: string
  /** Those the process was started with, of the path in `config`. */
  readonly given: readonly Jwk[]
}

export interface SigningKeysOptions extends GivenKeys {
  /** Of another path, or of the same one later. */
  readonly read: (path: string) => Promise<readonly Jwk[]>
  readonly clock: Clock
  readonly log: Log
}

/** Clocks differ, and verifiers allow for it. */
const skewMs = 60_000

interface Retired {
  readonly jwk: Jwk
  readonly untilMs: number
}

/** Before the database is there. */
export function initialKeys(options: GivenKeys): ProjectKeys {
  return keysOf(options, options.given, [])
}

export async function openSigningKeys(
  options: SigningKeysOptions,
  store: KeyStore,
  now: Config,
): Promise<SigningKeys> {
  const { clock, log } = options
  /** Keys that are known to the store as having signed. */
  const marked = new Set<string>()
  let active: readonly Jwk[] = []
  let retired: readonly Retired[] = []
  let keys = initialKeys(options)
  let verifier: Verifier | undefined

  function build(): void {
    const nowMs = clock.now()
    retired = retired.filter(({ untilMs }) => untilMs > nowMs)
    const old = retired.map(({ jwk }) => jwk)
    keys = { ...keysOf(options, active, old), onSign: () => markUse() }
    verifier = createVerifier({
      jwtSecret: keys.jwtSecret,
      jwks: { keys: [...active, ...old] },
      clock,
    })
  }

  function freshen(): void {
    if (retired.some(({ untilMs }) => untilMs <= clock.now())) build()
  }

  /** With its first token a key is remembered: from then on it cannot go without a trace. */
  function markUse(): void {
    const [first] = active
    if (first === undefined) return
    const thumbprint = thumbprintOf(first)
    if (marked.has(thumbprint)) return
    marked.add(thumbprint)
    const jwk = JSON.stringify(verifyingJwk(first))
    store.write([{ thumbprint, jwk, retiredUntilMs: null }]).catch((error: unknown) => {
      marked.delete(thumbprint)
      log.error('the use of a signing key could not be stored', { error: String(error) })
    })
  }

  async function use(config: Config, next: readonly Jwk[] | null): Promise<void> {
    if (next === null) return
    const stored = await store.read()
    const untilMs = clock.now() + config['auth.jwt_expiry'] * 1000 + skewMs
    const { rows, old } = retire(stored, next, untilMs)
    if (rows.length > 0) await store.write(rows)
    active = next
    retired = old
    marked.clear()
    build()
  }

  const path = 'auth.signing_keys_path'
  const isAsStarted = now[path] === options.config[path]
  active = options.given
  build()
  await use(now, isAsStarted ? options.given : await read(options, now))
  return {
    current: () => (freshen(), keys),
    verifier: () => (freshen(), verifier as Verifier),
    use: async (config) => use(config, await read(options, config)),
  }
}

async function read(options: SigningKeysOptions, config: Config): Promise<readonly Jwk[] | null> {
  const path = config['auth.signing_keys_path']
  if (path === null) return options.given
  try {
    return await options.read(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    options.log.error('the signing keys could not be read: those there are stay', { reason })
    return null
  }
}

/** What becomes of the keys that have signed: `rows` to write, `old` to verify with. */
function retire(
  stored: readonly StoredKey[],
  next: readonly Jwk[],
  untilMs: number,
): { readonly rows: readonly StoredKey[]; readonly old: readonly Retired[] } {
  const present = new Set(next.map(thumbprintOf))
  const gone = stored.filter(({ thumbprint }) => !present.has(thumbprint))
  const back = stored.filter((key) => present.has(key.thumbprint) && key.retiredUntilMs !== null)
  const newlyGone = gone.filter(({ retiredUntilMs }) => retiredUntilMs === null)
  return {
    rows: [
      ...newlyGone.map((key) => ({ ...key, retiredUntilMs: untilMs })),
      ...back.map((key) => ({ ...key, retiredUntilMs: null })),
    ],
    old: gone.map(({ jwk, retiredUntilMs }) => ({
      jwk: JSON.parse(jwk) as Jwk,
      untilMs: retiredUntilMs ?? untilMs,
    })),
  }
}

/** API keys that are not configured are signed with what the project signs with. */
function keysOf(
  { config, externalUrl }: GivenKeys,
  signingKeys: readonly Jwk[],
  retiredKeys: readonly Jwk[],
): ProjectKeys {
  const jwtSecret = config['auth.jwt_secret']
  const key = signingKeyOf({ jwtSecret, signingKeys })
  const minted =
    key.algorithm === 'HS256' ? mintApiKeys(jwtSecret) : mintApiKeys(key, `${externalUrl}/auth/v1`)
  return {
    jwtSecret,
    anonKey: config['auth.anon_key'] ?? minted.anonKey,
    serviceRoleKey: config['auth.service_role_key'] ?? minted.serviceRoleKey,
    publishableKey: config['auth.publishable_key'],
    secretKey: config['auth.secret_key'] ?? defaultKeys(jwtSecret).secretKey,
    signingKeys,
    retiredKeys,
  }
}

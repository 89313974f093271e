/** References to secrets, `vault://…` and `aws://…`, and what they stand for. */
import { BoundedCache } from '#base/kernel'
import type { Clock, Log } from '#base/kernel'
import { createAwsReader } from './aws.ts'
import type { AwsOptions } from './aws.ts'
import { secretErrors } from './errors.ts'
import { readVault } from './vault.ts'
import type { VaultOptions } from './vault.ts'

export interface SecretOptions {
  /** Null: references to Vault are refused. */
  readonly vault: VaultOptions | null
  readonly aws: AwsOptions
  /** How long a value is used before it is asked for again. */
  readonly refreshMs: number
  readonly clock: Clock
  readonly log: Log
}

/** Resolves a text: itself, unless it is a reference. Rejects with a `PlatformError` that names the reference, never a value. */
export type ResolveSecret = (text: string) => Promise<string>

const kept = 10_000

export function isReference(text: string): boolean {
  return text.startsWith('vault://') || text.startsWith('aws://')
}

/** What was read is used until it is due; a store that is away then leaves what is known good for as long as it is away. */
export function createSecretResolver(options: SecretOptions): ResolveSecret {
  const { vault, clock, log, refreshMs } = options
  const readAws = createAwsReader(options.aws)
  const known = new BoundedCache<string, { readonly value: string; readonly dueMs: number }>(kept)
  const asked = new Map<string, Promise<string>>()

  function read(reference: string): Promise<string> {
    if (reference.startsWith('aws://')) return readAws(reference)
    if (vault !== null) return readVault(reference, vault)
    const option = 'basalt.secrets.vault.address'
    return Promise.reject(secretErrors.secret_store_unconfigured({ reference, option }))
  }

  async function readAndKeep(reference: string): Promise<string> {
    const before = known.get(reference)
    try {
      const value = await read(reference)
      known.set(reference, { value, dueMs: clock.now() + refreshMs })
      return value
    } catch (error) {
      if (before === undefined) throw error
      log.warn('a secret could not be read again; the one that is known is used', {
        reference,
        reason: error instanceof Error ? error.message : String(error),
      })
      known.set(reference, { value: before.value, dueMs: clock.now() + refreshMs })
      return before.value
    }
  }

  return (text) => {
    if (!isReference(text)) return Promise.resolve(text)
    const found = known.get(text)
    if (found !== undefined && clock.now() < found.dueMs) return Promise.resolve(found.value)
    let reading = asked.get(text)
    if (reading === undefined) {
      reading = readAndKeep(text).finally(() => asked.delete(text))
      asked.set(text, reading)
    }
    return reading
  }
}

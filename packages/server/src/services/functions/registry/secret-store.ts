/** The secrets of a project's functions: environment variables, sealed where they lie. */
import { createHash } from 'node:crypto'
import { systemSession } from '#base/db'
import type { Database } from '#base/db'
import type { Log } from '#base/kernel'
import type { Sealer } from '#base/token'
import { registryErrors } from './errors.ts'
import { changing } from './registry.ts'
import * as statements from './statements.ts'

export interface SecretStoreOptions {
  /** As `functionsLogin`. */
  readonly db: Database
  readonly ref: string
  readonly sealer: Sealer
  readonly log: Log
}

/** A secret as it may be shown. */
export interface SecretDigest {
  readonly name: string
  /** SHA-256 in hex; empty for one that was sealed with another key. */
  readonly digest: string
  readonly updatedMs: number
}

interface SecretRow {
  readonly name: string
  readonly sealed: string
  readonly updated_ms: number
}

/** As hosted Supabase. */
const maxSecrets = 100
const maxValueBytes = 24 * 1024
const fitName = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/
/** What the platform sets itself, and what changes how programs start. */
const takenName = /^(SUPABASE_|DENO_|LD_|DYLD_|NODE_)|^(PATH|HOME|HOSTNAME|PWD|SHELL|TMPDIR)$/i

export class SecretStore {
  readonly #options: SecretStoreOptions

  constructor(options: SecretStoreOptions) {
    this.#options = options
  }

  /** Seals anew what only the previous key opens; resolves to how many. */
  async renew(): Promise<number> {
    const { db, ref, sealer } = this.#options
    const renewed = (await this.#rows()).flatMap(({ name, sealed }) => {
      const again = sealer.renew(sealed, this.#label(name))
      return again === null ? [] : [statements.resealSecret(ref, name, sealed, again)]
    })
    if (renewed.length > 0)
      await db.begin(systemSession, (transaction) => transaction.run(...renewed))
    return renewed.length
  }

  async list(): Promise<readonly SecretDigest[]> {
    return (await this.#rows()).map(({ name, sealed, updated_ms: updatedMs }) => {
      const value = this.#open(name, sealed)
      const digest = value === null ? '' : createHash('sha256').update(value).digest('hex')
      return { name, digest, updatedMs }
    })
  }

  /** By name; one that was sealed with another key is left out, with an error in the log. */
  async values(): Promise<Readonly<Record<string, string>>> {
    const opened = (await this.#rows()).flatMap(({ name, sealed }) => {
      const value = this.#open(name, sealed)
      return value === null ? [] : [[name, value] as const]
    })
    return Object.fromEntries(opened)
  }

  /** All of them or none. @throws secret_name_invalid, secret_value_invalid, secrets_too_many */
  async set(secrets: readonly { readonly name: string; readonly value: string }[]): Promise<void> {
    const { ref, sealer } = this.#options
    for (const { name, value } of secrets) check(name, value)
    await changing(this.#options, async (transaction) => {
      const rows = secrets.map(({ name, value }) =>
        statements.upsertSecret(ref, name, sealer.seal(value, this.#label(name))),
      )
      if (rows.length > 0) await transaction.run(...rows)
      const [count] = await transaction.rows<{ n: number }>(statements.countSecrets(ref))
      if ((count?.n ?? 0) > maxSecrets) throw registryErrors.secrets_too_many({ max: maxSecrets })
    })
  }

  /** Those that are not there are none. */
  async unset(names: readonly string[]): Promise<void> {
    await changing(this.#options, async (transaction) => {
      await transaction.run(statements.deleteSecrets(this.#options.ref, names))
    })
  }

  #rows(): Promise<SecretRow[]> {
    const { db, ref } = this.#options
    return db.begin(systemSession, (transaction) =>
      transaction.rows<SecretRow>(statements.selectSecrets(ref)),
    )
  }

  #label(name: string): string {
    return `function secret ${this.#options.ref} ${name}`
  }

  #open(name: string, sealed: string): string | null {
    const value = this.#options.sealer.open(sealed, this.#label(name))
    if (value === null)
      this.#options.log.error('a secret was sealed with another key: functions do not get it', {
        name,
        key: 'basalt.previous_encryption_key',
      })
    return value
  }
}

function check(name: string, value: string): void {
  if (!fitName.test(name) || takenName.test(name))
    throw registryErrors.secret_name_invalid({ name })
  if (Buffer.byteLength(value) > maxValueBytes || value.includes('\0'))
    throw registryErrors.secret_value_invalid({ name, maxBytes: maxValueBytes })
}

/** The keys of a project in its database: which there are, and until when those that are gone still verify. */
import { systemSession } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'
import type { Seal } from './seal.ts'

export interface StoredKey {
  readonly thumbprint: string
  /** The JWK as text. */
  readonly jwk: string
  /** Milliseconds since the epoch; null while the project has it. */
  readonly retiredUntilMs: number | null
}

export interface KeyStore {
  read(): Promise<readonly StoredKey[]>
  /** Replaces what is stored; of a key that another process retired too, the later moment holds. */
  write(keys: readonly StoredKey[]): Promise<void>
}

export interface KeyStoreOptions {
  readonly db: Database
  readonly ref: string
  readonly seal: Seal
}

interface KeyRow {
  readonly thumbprint: string
  readonly sealed: string
  readonly retired_ms: number | null
}

/** What a key is sealed as. */
export function keyLabel(ref: string, thumbprint: string): string {
  return `signing key ${ref} ${thumbprint}`
}

export function openKeyStore({ db, ref, seal }: KeyStoreOptions): KeyStore {
  const label = (thumbprint: string): string => keyLabel(ref, thumbprint)
  return {
    read: async () => {
      const rows = await db.begin(systemSession, (transaction) =>
        transaction.rows<KeyRow>(sql`/* control.readSigningKeys */
          select thumbprint, sealed, extract(epoch from retired_until)::float8 * 1000 as retired_ms
          from basalt.signing_keys where ref = ${ref} and (retired_until is null or retired_until > now())`),
      )
      return rows.flatMap(({ thumbprint, sealed, retired_ms }) => {
        const jwk = seal.open(sealed, label(thumbprint))
        return jwk === null ? [] : [{ thumbprint, jwk, retiredUntilMs: retired_ms }]
      })
    },
    write: async (keys) => {
      const statements = keys.map(({ thumbprint, jwk, retiredUntilMs }) => {
        const until = retiredUntilMs === null ? null : new Date(retiredUntilMs).toISOString()
        return sql`/* control.storeSigningKey */
          insert into basalt.signing_keys as known (ref, thumbprint, sealed, retired_until)
          values (${ref}, ${thumbprint}, ${seal.seal(jwk, label(thumbprint))}, ${until}::timestamptz)
          on conflict (ref, thumbprint) do update
          set sealed = excluded.sealed,
            retired_until = case when excluded.retired_until is null then null
              else greatest(known.retired_until, excluded.retired_until) end`
      })
      const clean = sql`/* control.deleteOldSigningKeys */
        delete from basalt.signing_keys where ref = ${ref} and retired_until < now()`
      await db.begin(systemSession, (transaction) => transaction.run(...statements, clean))
    },
  }
}

/** Rows that config.toml asks for: secrets of the vault, buckets, and the extension behind webhooks. */
import type { Database, Result } from '#base/db'
import { DatabaseError, decodeRows } from '#base/db'
import type { Statement } from '#base/sql'
import { arrayLiteral, sql } from '#base/sql'
import type { ApplyOptions } from './apply-migrations.ts'
import { SqlFileError } from './file-error.ts'
import { ofItsOwn, workspaceSession } from './history.ts'

/** A row of `[storage.buckets]`. */
export interface BucketRow {
  readonly public: boolean
  /** Bytes; null for that of Storage. */
  readonly file_size_limit: number | null
  /** None means all. */
  readonly allowed_mime_types: readonly string[]
}

/** `[db.vault]`: a secret of that name is made, or gets the value. One whose variable is not set is left out. */
export async function applyVault(
  db: Database,
  secrets: Readonly<Record<string, string>>,
  options: ApplyOptions = {},
): Promise<void> {
  const wanted = Object.entries(secrets).filter(([, value]) => !/^env\(.*\)$/.test(value))
  if (wanted.length === 0) return
  options.onProgress?.('Updating vault secrets...')
  const statements = wanted.map(
    ([name, value]) => sql`/* workspace.storeSecret */
      select coalesce(
        (select vault.update_secret(id, ${value})::text from vault.secrets where name = ${name}),
        (select vault.create_secret(${value}, ${name})::text
          where not exists (select from vault.secrets where name = ${name})))`,
  )
  await run(db, 'db.vault', statements)
}

/** `[storage.buckets]`: a bucket of that name is made, or gets what is configured. */
export async function applyBuckets(
  db: Database,
  buckets: Readonly<Record<string, BucketRow>>,
  options: ApplyOptions = {},
): Promise<void> {
  const names = Object.keys(buckets)
  if (names.length === 0) return
  const known = await knownBuckets(db, names)
  for (const [name, bucket] of Object.entries(buckets)) {
    options.onProgress?.(`${known.has(name) ? 'Updating' : 'Creating'} Storage bucket: ${name}`)
    await run(db, `storage.buckets.${name}`, [storeBucket(name, bucket)])
  }
}

/** `[experimental.webhooks] enabled`: pg_net, which webhooks send with. */
export async function applyWebhooks(db: Database): Promise<void> {
  await run(db, 'experimental.webhooks', [
    sql`/* workspace.createNet */ create extension if not exists pg_net with schema extensions`,
  ])
}

function storeBucket(name: string, bucket: BucketRow): Statement {
  const { file_size_limit: limit, allowed_mime_types: types } = bucket
  return sql`/* workspace.storeBucket */
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    values (${name}, ${name}, ${bucket.public}, ${limit}::bigint, ${types.length === 0 ? null : arrayLiteral(types)}::text[])
    on conflict (id) do update set public = excluded.public, file_size_limit = excluded.file_size_limit,
      allowed_mime_types = excluded.allowed_mime_types`
}

async function knownBuckets(db: Database, names: readonly string[]): Promise<Set<string>> {
  const [result] = await run(db, 'storage.buckets', [
    sql`/* workspace.listBuckets */ select id from storage.buckets where id = any (${arrayLiteral(names)}::text[])`,
  ])
  return new Set(result === undefined ? [] : decodeRows<{ id: string }>(result).map(({ id }) => id))
}

/** @throws SqlFileError that names the key of config.toml. */
async function run(
  db: Database,
  key: string,
  statements: readonly Statement[],
): Promise<readonly Result[]> {
  try {
    return await db.transaction(workspaceSession, statements, ofItsOwn)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const file = 'supabase/config.toml'
    throw new SqlFileError(
      `${file}, ${key}: ${error.message} (SQLSTATE ${error.code}). Mend it there, or take it out.`,
      { file, line: null, statement: null, excerpt: null },
      error,
    )
  }
}

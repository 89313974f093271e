/** The tables, installed as `supabase db push` does: what `supabase_migrations.schema_migrations` has is not run again. */
import { readFileSync, readdirSync } from 'node:fs'
import type { Database } from './open-database.ts'

export interface Migration {
  /** `20250922` */
  readonly version: string
  /** `saas_repositories_jobs` */
  readonly name: string
  readonly text: string
}

const folder = new URL('./migrations/', import.meta.url)
// any number, as long as it is ours
const lockKey = 2_025_092_2

export function readMigrations(): readonly Migration[] {
  return readdirSync(folder)
    .map((file) => ({ file, parts: /^(\d+)_(\w+)\.sql$/.exec(file) }))
    .flatMap(({ file, parts }) =>
      parts === null
        ? []
        : [
            {
              version: parts[1] ?? '',
              name: parts[2] ?? '',
              text: readFileSync(new URL(file, folder), 'utf8'),
            },
          ],
    )
    .toSorted((one, other) => one.version.localeCompare(other.version))
}

/** Applies what is missing, all or nothing; resolves to the names of what it applied. */
export function migrate(db: Database): Promise<readonly string[]> {
  return db.transaction(async (transaction) => {
    await transaction.query('code.lockMigrations', 'select pg_advisory_xact_lock($1)', [lockKey])
    await transaction.query(
      'code.makeHistorySchema',
      'create schema if not exists supabase_migrations',
    )
    await transaction.query(
      'code.makeHistory',
      `create table if not exists supabase_migrations.schema_migrations (
         version text not null primary key, statements text[], name text)`,
    )
    const applied: string[] = []
    for (const { version, name, text } of readMigrations()) {
      const rows = await transaction.query(
        'code.findMigration',
        'select 1 from supabase_migrations.schema_migrations where version = $1',
        [version],
      )
      if (rows.length > 0) continue
      // several statements: without values, so that they go as one simple query
      await transaction.query('code.applyMigration', text)
      await transaction.query(
        'code.recordMigration',
        'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
        [version, name, [text]],
      )
      applied.push(`${version}_${name}`)
    }
    return applied
  })
}

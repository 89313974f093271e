/** Runs seed files and roles.sql. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Database } from '#base/db'
import type { ApplyOptions } from './apply-migrations.ts'
import { appliedSeeds, createSeedHistory, recordSeed } from './history.ts'
import type { SeedFile } from './local-files.ts'
import { runFile } from './run-file.ts'
import { splitStatements } from './split-statements.ts'

/**
 * Runs the seeds this database has not seen and records their hashes. One whose content has changed since is not run again:
 * only its hash is brought up to date, as the CLI does.
 */
export async function applySeeds(
  db: Database,
  seeds: readonly SeedFile[],
  options: ApplyOptions = {},
): Promise<void> {
  const applied = await appliedSeeds(db)
  const pending = seeds.filter(({ path, hash }) => applied.get(path) !== hash)
  if (pending.length === 0) return
  await createSeedHistory(db)
  for (const { path, hash, content } of pending) {
    const isChanged = applied.has(path)
    options.onProgress?.(
      isChanged ? `Updating seed hash to ${path}...` : `Seeding data from ${path}...`,
    )
    const statements = isChanged ? [] : splitStatements(content)
    await runFile(db, path, statements, recordSeed(path, hash), options)
  }
}

/** `roles.sql`, where there is one. */
export function listRoles(workdir: string): string[] {
  return existsSync(join(workdir, 'supabase', 'roles.sql')) ? ['supabase/roles.sql'] : []
}

/** Runs supabase/roles.sql if there is one: roles of the project's own, before its migrations. Not recorded. */
export async function applyRoles(
  db: Database,
  workdir: string,
  options: ApplyOptions = {},
): Promise<void> {
  const path = join(workdir, 'supabase', 'roles.sql')
  if (!existsSync(path)) return
  options.onProgress?.(`Seeding globals from ${basename(path)}...`)
  const statements = splitStatements(readFileSync(path, 'utf8'))
  await runFile(db, 'supabase/roles.sql', statements, null, options)
}

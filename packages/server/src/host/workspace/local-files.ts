/** What lies in the supabase/ folder: migrations, seeds, roles. */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { matchGlob } from './match-glob.ts'

export interface LocalMigration {
  /** `20240101000000` */
  readonly version: string
  /** `create_todos` */
  readonly name: string
  /** `20240101000000_create_todos.sql` */
  readonly file: string
  readonly path: string
}

const migrationPattern = /^([0-9]+)_(.*)\.sql$/

/** Migrations in order of their file names; `onSkip` hears of files that are none. A missing folder has none. */
export function listMigrations(
  migrationsDir: string,
  onSkip: (message: string) => void = () => {},
): LocalMigration[] {
  if (!existsSync(migrationsDir)) return []
  const files = readdirSync(migrationsDir).toSorted()
  return files.flatMap((file, index) => {
    const [, version, name] = migrationPattern.exec(file) ?? []
    // the CLI of before December 2021 dumped a first migration that repeats what every project has
    if (index === 0 && /^\d{14}_init\.sql$/.test(file) && Number(version) < 20_211_209_000_000) {
      onSkip(
        `Skipping migration ${file}... (replace "init" with a different file name to apply this migration)`,
      )
      return []
    }
    if (version === undefined || name === undefined) {
      onSkip(`Skipping migration ${file}... (file name must match pattern "<timestamp>_name.sql")`)
      return []
    }
    return [{ version, name, file, path: join(migrationsDir, file) }]
  })
}

/** @throws where one is no file that can be read, or not in UTF-8: nothing is applied before that is known */
export function checkReadable(migrations: readonly LocalMigration[]): void {
  for (const { file, path } of migrations) {
    const shown = `supabase/migrations/${file}`
    let bytes: Buffer
    try {
      bytes = readFileSync(path)
    } catch (error) {
      throw new Error(`${shown} cannot be read (${(error as Error).message}). Mend or remove it.`, {
        cause: error,
      })
    }
    if (!isUtf8(bytes)) throw new Error(`${shown} is not UTF-8. Save it in this encoding.`)
  }
}

export interface SeedFile {
  /** As recorded: relative to the working directory, with forward slashes. */
  readonly path: string
  readonly content: string
  /** SHA-256 of the file, hex. */
  readonly hash: string
}

/** Files of `db.seed.sql_paths`: pattern by pattern, each sorted, none twice. `onMissing` hears of patterns without a file. */
export function listSeeds(
  workdir: string,
  patterns: readonly string[],
  onMissing: (pattern: string) => void = () => {},
): SeedFile[] {
  const supabaseDir = join(workdir, 'supabase')
  const paths = patterns.flatMap((pattern) => {
    const found = matchGlob(supabaseDir, pattern)
    if (found.length === 0) onMissing(pattern)
    return found
  })
  return [...new Set(paths)].map((path) => {
    const bytes = readFileSync(path)
    return {
      path: relative(workdir, path).split(sep).join('/'),
      content: bytes.toString('utf8'),
      hash: createHash('sha256').update(bytes).digest('hex'),
    }
  })
}

/** Migrations of a project: its folder and its database's history, side by side. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import type { Call, ProjectFolder } from '#host/control-plane/route'
import { applyPending } from '#host/platform'
import { listMigrations } from '#host/workspace'
import { DatabaseError } from '#base/db'
import { PlatformError } from '#base/kernel'
import { quoteLiteral } from '#base/sql'
import { sqlErrors } from './errors.ts'
import { runScript } from './run-script.ts'

export interface MigrationView {
  readonly version: string
  readonly name: string | null
  readonly applied: boolean
  /** Null where there is no folder. */
  readonly file: string | null
}

interface AppliedRow {
  readonly version: string
  readonly name: string | null
}

const folderOf = ({ workdir }: ProjectFolder): string => join(workdir, 'supabase', 'migrations')

/** The history is the project's own table, read as a role that owns nothing. */
async function readHistory<T>(
  database: ProjectDatabase,
  columns: string,
  where = '',
): Promise<T[]> {
  try {
    return await database.as({ readOnly: true }, (transaction) =>
      transaction.rows<T>({
        name: 'studio.readHistory',
        text: `/* studio.readHistory */ select ${columns} from supabase_migrations.schema_migrations ${where} order by version limit 10000`,
        values: [],
      }),
    )
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name, 42703 an old history without names
    const cause = error instanceof PlatformError ? error.cause : error
    if (cause instanceof DatabaseError && ['42P01', '3F000', '42703'].includes(cause.code))
      return []
    throw error
  }
}

export async function listAll(
  database: ProjectDatabase,
  folder: ProjectFolder | null,
): Promise<MigrationView[]> {
  const applied = await readHistory<AppliedRow>(database, 'version, name')
  const known = new Map(applied.map((row) => [row.version, row]))
  const files = folder === null ? [] : listMigrations(folderOf(folder))
  const local = new Set(files.map(({ version }) => version))
  return [
    ...files.map(({ version, name, file }) => ({
      version,
      name,
      file,
      applied: known.has(version),
    })),
    ...applied
      .filter(({ version }) => !local.has(version))
      .map(({ version, name }) => ({ version, name, file: null, applied: true })),
  ].toSorted((a, b) => (a.version < b.version ? -1 : 1))
}

/** Its file, or what the history recorded. @throws studio_migration_not_found */
export async function readOne(
  database: ProjectDatabase,
  folder: ProjectFolder | null,
  version: string,
): Promise<string> {
  const files = folder === null ? [] : listMigrations(folderOf(folder))
  const file = files.find((one) => one.version === version)
  if (file !== undefined) return readFile(file.path, 'utf8')
  if (!/^\d{1,20}$/.test(version)) throw sqlErrors.studio_migration_not_found()
  const [row] = await readHistory<{ statements: string[] | null }>(
    database,
    'statements',
    `where version = ${quoteLiteral(version)}`,
  )
  if (row === undefined) throw sqlErrors.studio_migration_not_found()
  return (row.statements ?? []).map((statement) => `${statement};\n`).join('')
}

export interface NewMigration {
  readonly name: string
  readonly sql: string
  readonly apply: boolean
}

/** A file, applied after those that are pending; without a folder a row of the history. */
export async function createMigration(call: Call, given: NewMigration, database: ProjectDatabase) {
  if (!/^[\w-]{1,100}$/.test(given.name)) throw sqlErrors.studio_migration_name_invalid()
  const { folder, clock } = call.parts
  const version = nextVersion(clock.now(), await listAll(database, folder))
  if (folder === null) return recordInDatabase(database, version, given)
  const file = `${version}_${given.name}.sql`
  const path = join(folderOf(folder), file)
  await mkdir(folderOf(folder), { recursive: true })
  await writeFile(path, given.sql, { flag: 'wx' })
  if (!given.apply) return { version, file, applied: [] }
  try {
    return { version, file, applied: await applyFiles(folder) }
  } catch (error) {
    // what could not be applied is still in the editor: it is mended there
    await rm(path, { force: true })
    throw error
  }
}

/** The time to the second; behind all known ones, also where one is dated tomorrow: the order of versions is that of applying. */
function nextVersion(nowMs: number, known: readonly MigrationView[]): string {
  const now = versionAt(nowMs)
  const last = known.findLast(({ version }) => /^\d+$/.test(version))?.version ?? ''
  if (last < now) return now
  const [, year, ...rest] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(last) ?? []
  const lastMs = Date.parse(`${year}-${rest.slice(0, 2).join('-')}T${rest.slice(2).join(':')}Z`)
  if (!Number.isNaN(lastMs)) return versionAt(lastMs + 1_000)
  // no date: the next number of as many digits
  return String(BigInt(last) + 1n).padStart(last.length, '0')
}

/** `20261129234500` */
function versionAt(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/\D/g, '').slice(0, 14)
}

/** File names of what was pending. @throws studio_migration_failed */
export async function applyFiles(folder: ProjectFolder): Promise<string[]> {
  try {
    return await applyPending(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw sqlErrors.studio_migration_failed({ reason }, error)
  }
}

const history = `create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
`

async function recordInDatabase(database: ProjectDatabase, version: string, given: NewMigration) {
  if (!given.apply) throw sqlErrors.studio_no_folder()
  await database.prepareHistory()
  const row = [version, given.name].map(quoteLiteral).join(', ')
  const text = `${history}${given.sql}\n;insert into supabase_migrations.schema_migrations (version, name, statements) values (${row}, array[${quoteLiteral(given.sql)}])`
  const { error } = await runScript(
    database,
    { text, identity: { timeoutMs: 120_000 }, limit: 1, explain: null },
    { session: null, isCancelled: false },
  )
  if (error !== null) throw sqlErrors.studio_migration_failed({ reason: error.message })
  return { version, file: null, applied: [given.name] }
}

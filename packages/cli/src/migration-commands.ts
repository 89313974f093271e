/** `basalt migration new | list | up`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { applyPending, migrationStates } from '@basalt/server/node'
import type { MigrationState } from '@basalt/server/node'
import { CliError } from '#terminal'
import { runningProject, warn, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

/** Creates `supabase/migrations/<UTC time>_<name>.sql`. */
export function newMigration(terminal: Terminal, name: string, options: CommonOptions): void {
  if (!/^[\w.-]+$/.test(name)) {
    throw new CliError(
      `A migration is named with letters, digits, - and _: not ${JSON.stringify(name)}.`,
    )
  }
  const workdir = workdirOf(terminal, options)
  const folder = join(workdir, 'supabase', 'migrations')
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
  const path = join(folder, `${stamp}_${name}.sql`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, terminal.readInput() ?? '', { flag: 'wx' })
  terminal.out(`Created new migration at ${relative(terminal.cwd, path)}\n`)
}

interface DatabaseOptions extends CommonOptions {
  readonly dbUrl?: string
  readonly includeAll?: boolean
}

export async function listMigrations(terminal: Terminal, options: DatabaseOptions): Promise<void> {
  const states = await migrationStates(target(terminal, options))
  terminal.out(migrationTable(states))
}

export async function upMigrations(terminal: Terminal, options: DatabaseOptions): Promise<void> {
  const applied = await applyPending({
    ...target(terminal, options),
    includeAll: options.includeAll === true,
    onProgress: (message) => terminal.err(`${message}\n`),
  })
  terminal.err(
    applied.length === 0 ? 'Local database is up to date.\n' : 'Finished basalt migration up.\n',
  )
}

function target(terminal: Terminal, options: DatabaseOptions) {
  const workdir = workdirOf(terminal, options)
  const databaseUrl = options.dbUrl ?? runningProject(workdir).dbUrl
  return { workdir, databaseUrl, onWarning: (message: string) => warn(terminal, message) }
}

/** The columns of the Supabase CLI. */
function migrationTable(states: readonly MigrationState[]): string {
  const rows = states.map(({ local, remote }) => [
    local ?? '',
    remote ?? '',
    timeOf(local ?? remote ?? ''),
  ])
  const table = [['LOCAL', 'REMOTE', 'TIME (UTC)'], ...rows]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    `   ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')}`.trimEnd()
  const rule = `  ${widths.map((width) => '-'.repeat(width + 2)).join('|')}`
  return `${[line(table[0] ?? []), rule, ...table.slice(1).map(line)].join('\n')}\n`
}

/** `20260101120000` → `2026-01-01 12:00:00`; other versions as they are. */
function timeOf(version: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version)
  if (parts === null) return version
  const [, year, month, day, hour, minute, second] = parts
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`
}

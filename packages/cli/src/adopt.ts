/** `basalt adopt --check`: whether a Supabase database can be taken over as it is, and what that would change. */
import { checkAdoption } from '@basalt/server/node'
import type { AdoptionReport } from '@basalt/server/node'
import { CliError, exitCodes } from '#terminal'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface AdoptOptions extends CommonOptions {
  readonly check?: boolean
  readonly dbUrl?: string
  readonly json?: boolean
}

/** Exit code 0 when nothing blocks. */
export async function adopt(terminal: Terminal, options: AdoptOptions): Promise<number> {
  const { check, dbUrl } = options
  if (check !== true || dbUrl === undefined) {
    throw new CliError(
      'basalt adopt --check --db-url <url> says what would change. basalt start --db-url <url> is what does it.',
    )
  }
  const report = await checkAdoption(dbUrl)
  terminal.out(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report))
  return report.blocks.length === 0 ? exitCodes.ok : exitCodes.failure
}

function textOf(report: AdoptionReport): string {
  const counts = Object.entries(report.counts).map(([table, rows]) => `${table} ${rows}`)
  const parts = [
    `Database "${report.database}", Postgres ${report.version}, as ${report.role}.`,
    report.gotrue === null
      ? 'GoTrue has not run on it.'
      : `GoTrue has migrated it until ${report.gotrue}.`,
    ...(counts.length > 0 ? [`Rows used as they are: ${counts.join(', ')}.`] : []),
    ...(report.extensions.length > 0
      ? [`Its own extensions are used: ${report.extensions.join(', ')}.`]
      : []),
    ...section(
      'Blocks',
      report.blocks.map(({ message, remedy }) => `${message}\n      ${remedy}`),
    ),
    ...section('Would change (tried, and rolled back)', report.changes),
    ...section(
      'Will not work',
      report.warnings.map(({ message, remedy }) => `${message}\n      ${remedy}`),
    ),
    '',
    verdictOf(report),
  ]
  return `${parts.join('\n')}\n`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)]
}

function verdictOf({ blocks, changes }: AdoptionReport): string {
  if (blocks.length > 0) return 'Cannot be adopted before that is mended. Nothing was changed.'
  return changes.length === 0
    ? 'Nothing would change: basalt start --db-url can be used.'
    : 'Can be adopted: basalt start --db-url does it. Nothing was changed now.'
}

/** `basalt backup restore`: a project that stands still goes back to what is stored. */
import { resolve } from 'node:path'
import { restoreLocal } from '@basalt/server/backup'
import type { RestoreReport, RestoreWish } from '@basalt/server/backup'
import { lockProject } from '@basalt/server/node'
import { warn } from '#project'
import { CliError, exitCodes } from '#terminal'
import type { Terminal } from '#terminal'
import { loadBackups, printJson, progress } from './run-backup.ts'
import type { BackupOptions } from './run-backup.ts'

export interface RestoreFlags extends BackupOptions {
  readonly toTime?: string
  readonly beforeMigration?: string
  readonly backup?: string
  readonly from?: string
  readonly into?: string
  readonly force?: boolean
}

export async function restore(terminal: Terminal, options: RestoreFlags): Promise<number> {
  const wish = readWish(options)
  const { workdir, config } = loadBackups(terminal, options)
  const into = options.into === undefined ? undefined : resolve(terminal.cwd, options.into)
  const lock = into === undefined ? lockProject(workdir) : null
  try {
    const report = await restoreLocal({
      workdir,
      config,
      wish,
      from: options.from,
      into,
      force: options.force === true,
      onProgress: progress(terminal),
      onWarning: (message) => warn(terminal, message),
    })
    if (options.output === 'json') printJson(terminal, report)
    else print(terminal, report, into !== undefined)
    return exitCodes.ok
  } finally {
    lock?.release()
  }
}

function readWish({ toTime, beforeMigration, backup }: RestoreFlags): RestoreWish {
  if ([toTime, beforeMigration, backup].filter((given) => given !== undefined).length > 1)
    throw new CliError('Give one of --to-time, --before-migration and --backup.')
  if (beforeMigration !== undefined) return { kind: 'migration', version: beforeMigration }
  if (backup !== undefined) return { kind: 'backup', id: backup }
  return toTime === undefined ? { kind: 'latest' } : { kind: 'time', ms: readTime(toTime) }
}

/** A zone has to be said: what was meant is not to be guessed. */
function readTime(text: string): number {
  const ms = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN
  if (Number.isNaN(ms))
    throw new CliError(
      `"${text}" is no time with its zone. Write 2026-11-29T12:00:00Z, or 2026-11-29T13:00:00+01:00.`,
    )
  if (ms > Date.now()) throw new CliError(`"${text}" is in the future.`)
  return ms
}

function print(terminal: Terminal, report: RestoreReport, isAside: boolean): void {
  const { backup, dataDir, keptAs, objectsKeptAs, rows, objects, seconds } = report
  const compared = rows === null ? '' : `, ${rows} rows compared`
  const kept = objects === null ? '' : `, ${objects} objects`
  terminal.out(`Restored backup ${backup} in ${seconds} s${compared}${kept}: ${dataDir}\n`)
  for (const folder of [keptAs, objectsKeptAs])
    if (folder !== null) terminal.out(`What was before is kept: ${folder}\n`)
  terminal.out(
    isAside ? 'Start a Postgres of that version on it.\n' : 'Start again with: basalt start\n',
  )
}

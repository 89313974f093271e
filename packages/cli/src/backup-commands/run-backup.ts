/** `basalt backup create`, `list`, `verify`. */
import { resolve } from 'node:path'
import { createLocalBackup, listLocalBackups, verifyLocalBackup } from '@basalt/server/backup'
import type { BackupManifest, ListedBackup, Verification } from '@basalt/server/backup'
import { readRunState } from '@basalt/server/node'
import type { Config } from '@basalt/server/node'
import { binariesFlag, loadProject, warn } from '#project'
import type { CommonOptions } from '#project'
import { exitCodes, printTable, sizeOf } from '#terminal'
import type { Terminal } from '#terminal'

export interface BackupOptions extends CommonOptions {
  readonly target?: string
  readonly output: 'pretty' | 'json'
  readonly postgresBin?: string
}

/** The project with what the command line says of its backups. */
export function loadBackups(
  terminal: Terminal,
  options: BackupOptions,
): { readonly workdir: string; readonly config: Config } {
  const { target, postgresBin } = options
  const place =
    target === undefined || target.startsWith('s3://') ? target : resolve(terminal.cwd, target)
  return loadProject(terminal, options, {
    ...binariesFlag(terminal, postgresBin),
    ...(place === undefined ? {} : { 'basalt.backup.target': place }),
  })
}

export function progress(terminal: Terminal): (message: string) => void {
  return (message) => terminal.err(`${message.charAt(0).toUpperCase()}${message.slice(1)}...\n`)
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`)
}

export async function create(
  terminal: Terminal,
  options: BackupOptions & { readonly dbUrl?: string; readonly verify?: boolean },
): Promise<number> {
  const { workdir, config } = loadBackups(terminal, options)
  const manifest = await createLocalBackup({
    workdir,
    config,
    databaseUrl: options.dbUrl,
    runningPort: readRunState(workdir)?.ports['db'] ?? null,
    onProgress: progress(terminal),
    onWarning: (message) => warn(terminal, message),
  })
  const verified =
    options.verify === true
      ? await verifyLocalBackup({
          workdir,
          config,
          id: manifest.id,
          onProgress: progress(terminal),
        })
      : null
  const verification = verified?.verification ?? null
  if (options.output === 'json') printJson(terminal, { ...summary(manifest), verification })
  else {
    terminal.out(`${manifest.id}  ${described(manifest)}\n`)
    if (verification !== null) printVerification(terminal, verification)
  }
  return verification?.ok === false ? exitCodes.failure : exitCodes.ok
}

export async function list(terminal: Terminal, options: BackupOptions): Promise<number> {
  const { place, backups } = await listLocalBackups(loadBackups(terminal, options))
  if (options.output === 'json') {
    const shown = backups.map(({ manifest, ...rest }) => ({
      ...rest,
      ...(manifest === null ? {} : summary(manifest)),
    }))
    printJson(terminal, { place, backups: shown })
  } else if (backups.length === 0) terminal.err(`There is no backup in ${place}.\n`)
  else
    printTable(
      terminal,
      ['ID', 'DATABASE', 'PROJECT', 'POSTGRES', 'SIZE', 'VERIFIED'],
      backups.map(rowOf),
    )
  return exitCodes.ok
}

export async function verify(
  terminal: Terminal,
  options: BackupOptions & { readonly backup?: string },
): Promise<number> {
  const { workdir, config } = loadBackups(terminal, options)
  const { backup, verification } = await verifyLocalBackup({
    workdir,
    config,
    id: options.backup,
    onProgress: progress(terminal),
  })
  if (options.output === 'json') printJson(terminal, { id: backup.id, ...verification })
  else printVerification(terminal, verification, backup.id)
  return verification.ok ? exitCodes.ok : exitCodes.failure
}

function summary(manifest: BackupManifest): object {
  const { files, facts, ...rest } = manifest
  const size = files.reduce((sum, file) => sum + file.size, 0)
  return { ...rest, size, rows: facts?.rows ?? null }
}

function described({ files, objects, endedAt }: BackupManifest): string {
  const size = sizeOf(files.reduce((sum, file) => sum + file.size, 0))
  const kept = objects === null ? 'no objects' : `${objects.count} objects`
  return `${size}, ${kept}, good from ${endedAt} on`
}

function rowOf({
  id,
  system,
  manifest,
  problem,
  size,
  verification,
}: ListedBackup): readonly string[] {
  if (manifest === null) return [id, system, '-', '-', sizeOf(size), problem ?? 'cannot be read']
  const { project, postgres } = manifest
  return [id, system, project, postgres, sizeOf(size), verifiedText(verification)]
}

function verifiedText(verification: Verification | null): string {
  if (verification === null) return 'no: basalt backup verify'
  const when = verification.verifiedAt.slice(0, 19).replace('T', ' ')
  return verification.ok ? when : `FAILED ${when}: ${verification.message}`
}

function printVerification(terminal: Terminal, verification: Verification, id?: string): void {
  const which = id === undefined ? '' : `${id}  `
  const { ok, seconds, message } = verification
  if (ok) terminal.out(`${which}restored in ${seconds} s and compared: ${message}\n`)
  else terminal.err(`${which}is not good: ${message}\n`)
}

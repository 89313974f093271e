/** `basalt storage sweep`: bytes without a row and rows without bytes. */
import { sweepLocal } from '@basalt/server/node'
import { loadProject, runningProject } from '#project'
import type { CommonOptions } from '#project'
import { exitCodes } from '#terminal'
import type { Terminal } from '#terminal'

export interface SweepOptions extends CommonOptions {
  readonly delete?: boolean
  readonly dbUrl?: string
}

/** One line for each on standard output. Resolves to the exit code: 1 where something could not be removed. */
export async function sweepStorage(terminal: Terminal, options: SweepOptions): Promise<number> {
  const { workdir, config } = loadProject(terminal, options)
  const databaseUrl = options.dbUrl ?? runningProject(workdir).dbUrl
  let failed = 0
  const { bytes, uploads, rows, size } = await sweepLocal({
    workdir,
    config,
    databaseUrl,
    deletes: options.delete === true,
    onOrphan: ({ kind, name, size: bytesKept, kept }) => {
      terminal.out(`${kind}\t${bytesKept}\t${name}\n`)
      if (kept === null) return
      failed++
      terminal.err(`WARN: ${name} stays: ${kept}\n`)
    },
  })
  terminal.err(
    `${bytes} without a row, ${uploads} uploads of nobody's (${size} bytes), ${rows} rows without bytes.\n`,
  )
  if (options.delete !== true && bytes + uploads + rows > 0)
    terminal.err('Nothing was removed: basalt storage sweep --delete does that.\n')
  return failed === 0 ? exitCodes.ok : exitCodes.failure
}

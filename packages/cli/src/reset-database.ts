/** `basalt db reset`: a new database with roles, migrations and seeds applied. */
import { resetLocal } from '@basalt/server/node'
import { binariesFlag, loadProject, warn } from '#project'
import type { CommonOptions } from '#project'
import { showProgress } from '#terminal'
import type { Terminal } from '#terminal'

export interface ResetOptions extends CommonOptions {
  readonly version?: string
  readonly seed: boolean
  readonly postgresBin?: string
}

export async function resetDatabase(terminal: Terminal, options: ResetOptions): Promise<void> {
  const { workdir, config } = loadProject(
    terminal,
    options,
    binariesFlag(terminal, options.postgresBin),
  )
  const { version, seed } = options
  terminal.err(
    `Resetting local database${version === undefined ? '' : ` to version: ${version}`}...\n`,
  )
  await resetLocal({
    workdir,
    config,
    seed,
    onProgress: showProgress(terminal),
    onWarning: (message) => warn(terminal, message),
    ...(version === undefined ? {} : { version }),
  })
  terminal.err('Finished basalt db reset.\n')
}

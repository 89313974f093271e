/** `basalt db push`: what a database lacks of the folder's migrations, and with flags of its roles and seeds. */
import { pushWorkspace } from '@basalt/server/node'
import type { PushedFiles } from '@basalt/server/node'
import { CliError } from '#terminal'
import { loadProject, runningProject, warn } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface PushOptions extends CommonOptions {
  readonly dbUrl?: string
  readonly includeAll?: boolean
  readonly includeRoles?: boolean
  readonly includeSeed?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** @throws CliError where a person says no */
export async function pushDatabase(terminal: Terminal, options: PushOptions): Promise<void> {
  const { workdir, config } = loadProject(terminal, options)
  const where = options.dbUrl === undefined ? 'local' : 'remote'
  if (options.dryRun === true)
    terminal.err('DRY RUN: migrations will *not* be pushed to the database.\n')
  const pushed = await pushWorkspace({
    workdir,
    config,
    databaseUrl: options.dbUrl ?? runningProject(workdir).dbUrl,
    includeAll: options.includeAll === true,
    includeRoles: options.includeRoles === true,
    includeSeed: options.includeSeed === true,
    confirm: async (pending) => {
      terminal.err(listed(pending, options.dryRun === true ? 'Would push' : 'Pushing'))
      if (options.dryRun === true) return false
      if (options.yes !== true) await askFirst(terminal, where)
      return true
    },
    onProgress: (message) => terminal.err(`${message}\n`),
    onWarning: (message) => warn(terminal, message),
  })
  if (pushed === null) terminal.err(`${capital(where)} database is up to date.\n`)
  else if (options.dryRun !== true) terminal.err('Finished basalt db push.\n')
}

/** Without a person who could answer, yes. */
async function askFirst(terminal: Terminal, where: string): Promise<void> {
  const answer = await terminal.ask(`Push these to the ${where} database? [Y/n] `, false)
  if (answer !== null && !/^\s*(y(es)?)?\s*$/i.test(answer))
    throw new CliError('Nothing was pushed.')
}

function listed({ roles, migrations, seeds }: PushedFiles, words: string): string {
  const of = (what: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `${words} ${what}:\n${names.map((name) => ` • ${name}\n`).join('')}`
  return of('roles', roles) + of('migrations', migrations) + of('seeds', seeds)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

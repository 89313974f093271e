/** `basalt gen types`: TypeScript types of a database, on standard output. */
import { generateTypesOf } from '@basalt/server/meta'
import { loadConfig } from '@basalt/server/node'
import { CliError } from '#terminal'
import { runningProject, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface GenTypesOptions extends CommonOptions {
  readonly local?: boolean
  readonly dbUrl?: string
  /** Each may hold several, separated by commas. */
  readonly schema?: readonly string[]
  readonly lang?: string
}

/** Of the project that runs, or of the database at a URL; `public` and the exposed schemas unless others are asked for. */
export async function genTypes(
  terminal: Terminal,
  language: string | undefined,
  options: GenTypesOptions,
): Promise<void> {
  const wanted = language ?? options.lang ?? 'typescript'
  if (wanted !== 'typescript') throw new CliError(`${wanted}: only typescript is generated.`)
  if (options.local === true && options.dbUrl !== undefined) {
    throw new CliError('--local and --db-url exclude each other.')
  }
  const workdir = workdirOf(terminal, options)
  const url = options.dbUrl ?? runningProject(workdir).dbUrl
  const asked = (options.schema ?? [])
    .flatMap((names) => names.split(','))
    .map((name) => name.trim())
  const included =
    asked.length > 0 ? asked : ['public', ...loadConfig({ workdir }).config['api.schemas']]
  terminal.out(await generateTypesOf(url, { included, excluded: [] }))
}

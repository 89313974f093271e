/** `basalt doctor`: what is wrong with a deployment, or soon will be, and what mends it. */
import { ConfigError, examineDeployment, loadConfig, readRunState } from '@basalt/server/node'
import type { Check, Config } from '@basalt/server/node'
import { CliError, exitCodes, printable, secretVariable } from '#terminal'
import { warn, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface DoctorOptions extends CommonOptions {
  readonly dbUrl?: string
  readonly controlDbUrl?: string
  readonly url?: string
  readonly output: 'pretty' | 'json'
}

/** `project`: of a fleet, whose database was looked at. */
interface FoundCheck extends Check {
  readonly project: string | null
}

/** Of what is printed as JSON; another number where a field goes or means something else. */
const formatVersion = 1

/** Exit code 1 where a check has the level error. */
export async function doctor(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const workdir = workdirOf(terminal, options)
  const url = options.url === undefined ? null : addressOf(options.url)
  const isElsewhere =
    url !== null || options.dbUrl !== undefined || options.controlDbUrl !== undefined
  const config = isElsewhere ? null : configOf(terminal, workdir)
  const databaseUrl =
    options.dbUrl ??
    options.controlDbUrl ??
    (config === null || config instanceof ConfigError
      ? null
      : (readRunState(workdir)?.dbUrl ?? config['basalt.db_url']))
  const isControl = options.dbUrl === undefined && options.controlDbUrl !== undefined
  const found = await examineDeployment({
    config: config instanceof ConfigError ? null : config,
    workdir,
    databaseUrl,
    isControl,
    url,
  })
  const own = config instanceof ConfigError ? [wrongConfig(config), ...found] : found
  const checks: readonly FoundCheck[] = [
    ...own.map((check) => ({ ...check, project: null })),
    ...(isControl ? await projectsOf(terminal, options) : []),
  ]
  const count = (level: Check['level']): number =>
    checks.filter((one) => one.level === level).length
  const summary = { ok: count('ok'), warning: count('warning'), error: count('error') }
  if (!isElsewhere && databaseUrl === null)
    warn(terminal, 'the project does not run: its database was not looked at')
  if (options.output === 'json')
    terminal.out(`${JSON.stringify({ version: formatVersion, summary, checks }, null, 2)}\n`)
  else terminal.out(textOf(checks, summary))
  return summary.error === 0 ? exitCodes.ok : exitCodes.failure
}

/** What is sealed in the control database takes its key: without it the projects' databases are not known. */
async function projectsOf(
  terminal: Terminal,
  options: DoctorOptions,
): Promise<readonly FoundCheck[]> {
  if (secretVariable(terminal, 'BASALT_MASTER_KEY') === null) {
    warn(terminal, 'BASALT_MASTER_KEY is not set: the databases of the projects were not looked at')
    return []
  }
  const { examineProjects } = await import('./doctor-projects.ts')
  return examineProjects(terminal, options).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    const remedy = 'Look at the control database, and at BASALT_MASTER_KEY.'
    return [{ name: 'projects', level: 'error', message, remedy, project: null }]
  })
}

function configOf(terminal: Terminal, workdir: string): Config | ConfigError {
  try {
    const { config, warnings } = loadConfig({ workdir })
    for (const message of warnings) warn(terminal, message)
    return config
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

function wrongConfig({ message }: ConfigError): Check {
  const remedy = 'Correct what is named: it does not start so.'
  return { name: 'config', level: 'error', message, remedy }
}

function addressOf(text: string): URL {
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text))
    throw new CliError(`--url ${text}: expected http://… or https://…`)
  return new URL(text)
}

const marks = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' } as const
const gravity = { error: 0, warning: 1, ok: 2 } as const

/** Of a fleet's projects what is well is counted, not listed. */
function textOf(checks: readonly FoundCheck[], summary: Readonly<Record<string, number>>): string {
  const sorted = checks
    .filter(({ project, level }) => project === null || level !== 'ok')
    .toSorted((a, b) => gravity[a.level] - gravity[b.level])
  const lines = sorted.flatMap(({ name, level, message, remedy, project }) => [
    `${marks[level]}  ${project === null ? '' : `${printable(project)}: `}${name}: ${message.split('\n').map(printable).join('\n         ')}`,
    ...(remedy === null ? [] : [`         → ${printable(remedy)}`]),
  ])
  const { ok = 0, warning = 0, error = 0 } = summary
  return `${lines.join('\n')}\n\n${error} wrong, ${warning} to look at, ${ok} fine\n`
}

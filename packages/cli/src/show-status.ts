/** `basalt status`: URLs and keys of what runs. */
import { CliError, exitCodes } from '#terminal'
import { runningProject, warn, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import { formatStatus, readyTable, statusMap } from './status-formats.ts'
import type { StatusFormat } from './status-formats.ts'
import type { Terminal } from '#terminal'

export interface StatusOptions extends CommonOptions {
  readonly output: StatusFormat
  readonly overrideName?: readonly string[]
}

/** Values are printed whatever state it is in; what is wrong goes to stderr. Resolves to the exit code: 1 where requests are not answered. */
export function showStatus(terminal: Terminal, options: StatusOptions): number {
  const state = runningProject(workdirOf(terminal, options))
  const names = Object.fromEntries((options.overrideName ?? []).map(parseOverride))
  if (options.output === 'pretty') terminal.out(readyTable(state))
  else terminal.out(formatStatus(statusMap(state.status, names), options.output))
  const { problem } = state
  if (problem === null) return exitCodes.ok
  warn(terminal, problem.message)
  return problem.isServing ? exitCodes.ok : exitCodes.failure
}

/** `api.url=NEXT_PUBLIC_URL` */
function parseOverride(text: string): [string, string] {
  const parts = text.split('=')
  const [path, name] = parts
  if (path !== undefined && name !== undefined && parts.length === 2) return [path, name]
  throw new CliError(`--override-name ${text}: expected path=NAME, for example api.url=API_URL.`)
}

/** `basalt status`: URLs and keys of what runs. */
import { CliError } from './describe-error.ts'
import { runningProject, workdirOf } from './project-folder.ts'
import type { CommonOptions } from './project-folder.ts'
import { formatStatus, readyTable, statusMap } from './status-formats.ts'
import type { StatusFormat } from './status-formats.ts'
import type { Terminal } from './terminal.ts'

export interface StatusOptions extends CommonOptions {
  readonly output: StatusFormat
  readonly overrideName?: readonly string[]
}

export function showStatus(terminal: Terminal, options: StatusOptions): void {
  const state = runningProject(workdirOf(terminal, options))
  const names = Object.fromEntries((options.overrideName ?? []).map(parseOverride))
  if (options.output === 'pretty') terminal.out(readyTable(state))
  else terminal.out(formatStatus(statusMap(state.status, names), options.output))
}

/** `api.url=NEXT_PUBLIC_URL` */
function parseOverride(text: string): [string, string] {
  const parts = text.split('=')
  const [path, name] = parts
  if (path !== undefined && name !== undefined && parts.length === 2) return [path, name]
  throw new CliError(`--override-name ${text}: expected path=NAME, for example api.url=API_URL.`)
}

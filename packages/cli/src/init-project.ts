/** `basalt init`: a supabase/ folder to begin with. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { configTemplate, gitignoreTemplate, seedTemplate } from './templates.ts'
import { CliError } from '#terminal'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface InitOptions extends CommonOptions {
  readonly force?: boolean
}

/** In `--workdir` or the current folder. Only config.toml is ever overwritten, and only with `--force`. */
export function initProject(terminal: Terminal, options: InitOptions): void {
  const workdir = resolve(terminal.cwd, options.workdir ?? '.')
  const supabaseDir = join(workdir, 'supabase')
  const config = join(supabaseDir, 'config.toml')
  if (existsSync(config) && options.force !== true) {
    throw new CliError(`${config} exists already. Run basalt init --force to overwrite it.`)
  }
  mkdirSync(join(supabaseDir, 'migrations'), { recursive: true })
  writeFileSync(config, configTemplate(projectId(basename(workdir))))
  writeIfMissing(join(supabaseDir, '.gitignore'), gitignoreTemplate)
  writeIfMissing(join(supabaseDir, 'seed.sql'), seedTemplate)
  terminal.out('Finished basalt init.\n')
}

function writeIfMissing(path: string, content: string): void {
  if (!existsSync(path)) writeFileSync(path, content)
}

/** Letters, digits, `_`, `-` and `.`, at most 40. */
function projectId(folder: string): string {
  return folder.replaceAll(/[^\w.-]+/g, '_').slice(0, 40) || 'project'
}

/** The folder a command works in, and its configuration. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findWorkdir, loadConfig } from '@basalt/server/local'
import type { Config, ConfigSources, RunState } from '@basalt/server/local'
import { readRunState } from '@basalt/server/local'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'

export interface CommonOptions {
  readonly workdir?: string
  readonly debug?: boolean
}

/** `--workdir`, or the nearest folder upwards that holds supabase/config.toml. */
export function workdirOf(terminal: Terminal, options: CommonOptions): string {
  if (options.workdir === undefined) return findWorkdir(terminal.cwd)
  const workdir = resolve(terminal.cwd, options.workdir)
  if (!existsSync(workdir)) throw new CliError(`There is no folder ${workdir}.`)
  return workdir
}

/** The configuration of a project that was initialised; warnings go to the terminal. */
export function loadProject(
  terminal: Terminal,
  options: CommonOptions,
  flags: Partial<Config> = {},
): { readonly workdir: string; readonly config: Config; readonly sources: ConfigSources } {
  const workdir = workdirOf(terminal, options)
  if (!existsSync(join(workdir, 'supabase'))) {
    throw new CliError(
      `There is no supabase/ folder in ${workdir} or above it. Run basalt init first.`,
    )
  }
  const { config, sources, warnings } = loadConfig({ workdir, flags })
  for (const warning of warnings) warn(terminal, warning)
  return { workdir, config, sources }
}

/** `--postgres-bin`, as the shell understands it: from where one is. */
export function binariesFlag(terminal: Terminal, folder: string | undefined): Partial<Config> {
  return folder === undefined ? {} : { 'basalt.db.binaries': resolve(terminal.cwd, folder) }
}

/** What runs in the project, or an error that says that nothing does. */
export function runningProject(workdir: string): RunState {
  const state = readRunState(workdir)
  if (state === null) throw new CliError(`basalt start is not running in ${workdir}.`)
  return state
}

export function warn(terminal: Terminal, message: string): void {
  terminal.err(`WARN: ${message}\n`)
}

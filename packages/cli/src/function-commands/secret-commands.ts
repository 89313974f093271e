/** `basalt secrets list | set | unset` */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadConfig, readEnvFile } from '@basalt/server/node'
import { CliError, printTable } from '#terminal'
import type { Terminal } from '#terminal'
import { warn, workdirOf } from '#project'
import { openApi } from '#project-api'
import type { RemoteOptions } from '#project-api'

interface Secret {
  readonly name: string
  /** A digest, where it comes from the server. */
  readonly value: string
}

export async function listSecrets(terminal: Terminal, options: RemoteOptions): Promise<void> {
  const all = await openApi(terminal, options).json<readonly Secret[]>('GET', '/secrets')
  if (options.json === true) return terminal.out(`${JSON.stringify(all, null, 2)}\n`)
  const rows = all.map(({ name, value }) => [name, value])
  printTable(terminal, ['NAME', 'DIGEST'], rows)
}

export interface SetOptions extends RemoteOptions {
  readonly envFile?: string
}

export async function setSecrets(
  terminal: Terminal,
  pairs: readonly string[],
  options: SetOptions,
): Promise<void> {
  const wanted = {
    ...configured(terminal, options),
    ...ofFile(terminal, options.envFile),
    ...Object.fromEntries(pairs.map(parsePair)),
  }
  const secrets = Object.entries(wanted).flatMap(([name, value]) => {
    if (!name.startsWith('SUPABASE_')) return [{ name, value }]
    warn(terminal, `${name} is left out: names that begin with SUPABASE_ are the platform's.`)
    return []
  })
  if (secrets.length === 0) throw new CliError('Nothing to set: give NAME=VALUE or --env-file.')
  await openApi(terminal, options).json('POST', '/secrets', secrets)
  terminal.out(`Set ${secrets.map(({ name }) => name).join(', ')}.\n`)
}

export async function unsetSecrets(
  terminal: Terminal,
  names: readonly string[],
  options: RemoteOptions,
): Promise<void> {
  await openApi(terminal, options).json('DELETE', '/secrets', names)
  terminal.out(`Removed ${names.join(', ')}.\n`)
}

/** `[edge_runtime.secrets]` of the folder, as the Supabase CLI sets them. */
function configured(terminal: Terminal, options: SetOptions): Readonly<Record<string, string>> {
  const workdir = workdirOf(terminal, options)
  if (!existsSync(join(workdir, 'supabase', 'config.toml'))) return {}
  return loadConfig({ workdir }).config['edge_runtime.secrets']
}

function ofFile(terminal: Terminal, file: string | undefined): Record<string, string> {
  if (file === undefined) return {}
  const path = resolve(terminal.cwd, file)
  if (!existsSync(path)) throw new CliError(`There is no file ${path}.`)
  return readEnvFile(readFileSync(path, 'utf8'))
}

function parsePair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  // the text may be a secret without a name
  if (at < 1) throw new CliError('Secrets are given as NAME=VALUE.')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

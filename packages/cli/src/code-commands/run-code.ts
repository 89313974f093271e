/** Runs @basalt/code by the variables of the environment. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { workdirOf } from '#project'
import type { CommonOptions } from '#project'
import { CliError, Ending, exitCodes } from '#terminal'
import type { Terminal } from '#terminal'

export interface RunCodeOptions {
  readonly serves: boolean
  readonly works: boolean
  readonly migrate?: boolean
  readonly json?: boolean
}

/** A package of its own: what it brings is 100 MB of grammars. */
async function load() {
  try {
    return await import('@basalt/code')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND')
      throw new CliError('@basalt/code is not installed: npm install @basalt/code')
    throw error
  }
}

export async function runCode(terminal: Terminal, options: RunCodeOptions): Promise<number> {
  const { createLog, migrateCode, readConfig, startCode } = await load()
  const config = readConfig((name) => terminal.readVariable(name))
  const log = createLog((line) => terminal.err(line))
  const ending = new Ending(terminal)
  try {
    if (options.migrate === true) await migrateCode(config, log)
    const running = await startCode({ config, log, serves: options.serves, works: options.works })
    const parts = [
      ...(running.url === null ? [] : [`the API at ${running.url}`]),
      ...(options.works ? ['a worker'] : []),
    ]
    terminal.out(
      options.json === true
        ? `${JSON.stringify({ url: running.url, worker: options.works })}\n`
        : `Ready: ${parts.join(' and ')}\n`,
    )
    await ending.reached
    await running.close()
    return exitCodes.ok
  } finally {
    ending.close()
  }
}

export async function migrateProject(terminal: Terminal): Promise<void> {
  const { createLog, migrateCode, readConfig } = await load()
  const config = readConfig((name) => terminal.readVariable(name))
  const applied = await migrateCode(
    config,
    createLog((line) => terminal.err(line)),
  )
  terminal.out(applied.length === 0 ? 'Nothing to apply.\n' : `Applied: ${applied.join(', ')}\n`)
}

/** `folder`: null for that of the project. */
export async function writeMigrations(
  terminal: Terminal,
  folder: string | null,
  options: CommonOptions,
): Promise<void> {
  const { readMigrations } = await load()
  const target =
    folder === null
      ? join(workdirOf(terminal, options), 'supabase', 'migrations')
      : resolve(terminal.cwd, folder)
  mkdirSync(target, { recursive: true })
  for (const { version, name, text } of readMigrations()) {
    const file = join(target, `${version}_${name}.sql`)
    if (existsSync(file)) continue
    writeFileSync(file, text)
    terminal.out(`${file}\n`)
  }
}

export async function runMcp(terminal: Terminal, options: { url?: string }): Promise<number> {
  await load()
  const { serveMcp } = await import('@basalt/code/mcp')
  const url = options.url ?? terminal.readVariable('CODE_URL')
  const apiKey = terminal.readVariable('CODE_API_KEY')
  if (url === null || apiKey === null)
    throw new CliError('Set CODE_URL (or --url), where the API is, and CODE_API_KEY.')
  const ending = new Ending(terminal)
  const server = await serveMcp({ url, apiKey })
  process.stdin.once('end', () => ending.fail(null))
  await ending.reached
  ending.close()
  await server.close()
  return exitCodes.ok
}

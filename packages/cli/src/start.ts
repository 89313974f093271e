/** `basalt start`: runs in the foreground until it is asked to end. */
import { createLogger, gatherLines, printConfig, startLocal } from '@basalt/server/local'
import type { Config, LocalServer, RunState } from '@basalt/server/local'
import { CliError, describeError, Ending, exitCodes, showProgress } from '#terminal'
import { binariesFlag, loadProject, studioFolder, warn } from '#project'
import type { CommonOptions } from '#project'
import { selectServices } from './select-services.ts'
import { readyTable, statusMap } from './status-formats.ts'
import type { Terminal } from '#terminal'

export interface StartOptions extends CommonOptions {
  readonly dbUrl?: string
  readonly redisUrl?: string
  readonly port?: string
  readonly postgresBin?: string
  readonly exclude?: string
  readonly only?: string
  readonly applyMigrations?: boolean
  readonly seed?: boolean
  readonly json?: boolean
  readonly printConfig?: boolean
}

/** Resolves to the exit code when everything has stopped. */
export async function start(terminal: Terminal, options: StartOptions): Promise<number> {
  const begun = performance.now()
  const { workdir, config, sources } = loadProject(terminal, options, flagsOf(terminal, options))
  if (options.printConfig === true) {
    terminal.out(printConfig(config, options.json === true ? 'json' : 'toml'))
    return exitCodes.ok
  }
  const ending = new Ending(terminal)
  try {
    const server = await startLocal({
      workdir,
      config,
      studioFolder: studioFolder(),
      configSources: sources,
      apply: { migrations: options.applyMigrations === true, seed: options.seed === true },
      log: createLogger(
        config['basalt.log_level'],
        gatherLines(config['basalt.log.file']),
        config['basalt.log.redact'],
      ),
      onProgress: showProgress(terminal),
      onWarning: (message) => warn(terminal, message),
      onFailure: (error) => ending.fail(error),
      signal: ending.signal,
    })
    return await run(terminal, options, server, ending, performance.now() - begun)
  } catch (error) {
    if (!ending.signal.aborted) throw error
    terminal.err('Interrupted.\n')
    return exitCodes.interrupted
  } finally {
    ending.close()
  }
}

async function run(
  terminal: Terminal,
  options: StartOptions,
  server: LocalServer,
  ending: Ending,
  elapsedMs: number,
): Promise<number> {
  terminal.out(options.json === true ? readyLine(server.state) : readyTable(server.state))
  terminal.err(`Ready in ${(elapsedMs / 1000).toFixed(2)} s. Ctrl-C stops.\n`)
  const failure = await ending.reached
  terminal.err('Stopping...\n')
  await server.stop()
  if (failure === null) {
    terminal.err('Stopped.\n')
    return exitCodes.ok
  }
  terminal.err(`${describeError(failure.error, options.debug === true)}\n`)
  return exitCodes.failure
}

/** One line for programs that start us. */
function readyLine(state: RunState): string {
  const { pid, url, adminUrl, dbUrl, ports } = state
  const status = statusMap(state.status)
  return `${JSON.stringify({ event: 'ready', pid, url, adminUrl, dbUrl, ports, status })}\n`
}

function flagsOf(terminal: Terminal, options: StartOptions): Partial<Config> {
  return {
    ...(options.dbUrl === undefined ? {} : { 'basalt.db_url': options.dbUrl }),
    ...(options.redisUrl === undefined ? {} : { 'basalt.redis_url': options.redisUrl }),
    ...binariesFlag(terminal, options.postgresBin),
    ...(options.port === undefined ? {} : { 'api.port': portOf(options.port) }),
    ...selectServices(options.exclude, options.only),
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new CliError(`--port ${text}: expected a whole number from 1 to 65535.`)
}

/** `basalt rest`: the data API alone, configured as PostgREST is; signals reload and end it. */
import {
  createLogger,
  createRestLoader,
  exampleRestConfig,
  loadWithDatabase,
  printRestConfig,
  startRest,
} from '@basalt/server/rest'
import type { RestConfig, RestLoader, RestServer } from '@basalt/server/rest'
import { CliError, exitCodes } from '#terminal'
import type { Terminal } from '#terminal'

export interface RestOptions {
  readonly example?: boolean
  readonly dumpConfig?: boolean
  readonly ready?: boolean
}

/** Resolves to the exit code when everything has stopped. */
export async function rest(
  terminal: Terminal,
  file: string | null,
  options: RestOptions,
): Promise<number> {
  const load = createRestLoader({ file })
  if (options.example === true) {
    terminal.out(exampleRestConfig())
    return exitCodes.ok
  }
  if (options.dumpConfig === true) {
    terminal.out(printRestConfig((await loadWithDatabase(load)).config))
    return exitCodes.ok
  }
  return options.ready === true ? askReady(terminal, load({}).config) : run(terminal, load)
}

async function run(terminal: Terminal, load: RestLoader): Promise<number> {
  let end: (failure: { readonly error: unknown } | null) => void = () => {}
  const ended = new Promise<{ readonly error: unknown } | null>((resolve) => (end = resolve))
  let server: RestServer | null = null
  const stopListening = [
    terminal.onInterrupt(() => end(null)),
    // a signal that comes while starting has nothing to reload yet
    terminal.onReload('schema', () => void server?.reloadSchema()),
    terminal.onReload('config', () => void server?.reloadConfig()),
  ]
  try {
    server = await startRest({
      load,
      log: createLogger('debug'),
      onWarning: (message) => terminal.err(`${message}\n`),
      onFailure: (error) => end({ error }),
    })
    terminal.err(`Listening on ${server.address}\n`)
    if (server.adminAddress !== null) terminal.err(`Admin server on ${server.adminAddress}\n`)
    const failure = await ended
    await server.stop()
    if (failure !== null) throw failure.error
    return exitCodes.ok
  } finally {
    for (const stop of stopListening) stop()
  }
}

/** `--ready`: for health checks of containers. */
async function askReady(terminal: Terminal, config: RestConfig): Promise<number> {
  const port = config['admin-server-port']
  const host = config['admin-server-host'] ?? config['server-host']
  if (port === null) throw new CliError('The admin server is off: set admin-server-port.')
  const name = /^[!*]/.test(host) ? 'localhost' : host
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/ready`
  try {
    const { status } = await fetch(url)
    if (status === 200) {
      terminal.out(`OK: ${url}\n`)
      return exitCodes.ok
    }
    throw new CliError(`Not ready: ${url} answers ${status}.`)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`Not ready: ${url} cannot be reached.`)
  }
}

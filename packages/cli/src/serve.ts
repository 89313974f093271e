/** `basalt serve`: a node of a fleet, of one process or of several on one port, until it is asked to end. */
import { resolve } from 'node:path'
import {
  createLogger,
  gatherLines,
  leave,
  loadNodeConfig,
  printConfig,
  reportFailure,
  reportReady,
  serveFleet,
  superviseWorkers,
} from '@basalt/server/fleet'
import type { Config } from '@basalt/server/fleet'
import { CliError, describeError, Ending, exitCodes } from '#terminal'
import type { Terminal } from '#terminal'
import { masterKeys } from '#control-client'
import { studioFolder, warn } from '#project'

export interface ServeOptions {
  readonly controlDbUrl?: string
  readonly redisUrl?: string
  readonly baseDomain?: string
  readonly externalUrl?: string
  readonly host?: string
  readonly port?: string
  readonly workers?: string
  readonly maxProjects?: string
  readonly config?: string
  readonly json?: boolean
  readonly printConfig?: boolean
  readonly debug?: boolean
  /** Given by the process that started this one. */
  readonly workerSlot?: string
}

interface Running {
  readonly url: string
  readonly adminUrl: string | null
  readonly studioUrl: string | null
  /** Every process replaced, one after the other; null where there is only one. */
  restart: (() => Promise<void>) | null
  stop(): Promise<void>
}

/** Resolves to the exit code when everything has stopped. */
export async function serve(terminal: Terminal, options: ServeOptions): Promise<number> {
  const file = options.config === undefined ? null : resolve(terminal.cwd, options.config)
  const { config, warnings } = loadNodeConfig({ file, flags: flagsOf(options) })
  for (const warning of warnings) warn(terminal, warning)
  if (options.printConfig === true) {
    terminal.out(printConfig(config, options.json === true ? 'json' : 'toml'))
    return exitCodes.ok
  }
  const begun = performance.now()
  const isWorker = options.workerSlot !== undefined
  const ending = new Ending(terminal)
  try {
    const running = await open(terminal, options, config, ending)
    if (!isWorker) announce(terminal, options, running, performance.now() - begun)
    return await untilEnded(terminal, running, ending, options)
  } catch (error) {
    if (isWorker) await reportFailure(describeError(error, false))
    throw error
  } finally {
    ending.close()
    if (isWorker) leave()
  }
}

async function open(
  terminal: Terminal,
  options: ServeOptions,
  config: Config,
  ending: Ending,
): Promise<Running> {
  const log = createLogger(
    config['basalt.log_level'],
    gatherLines(config['basalt.log.file']),
    config['basalt.log.redact'],
  )
  const workdir = terminal.cwd
  if (options.workerSlot === undefined && config['basalt.fleet.workers'] > 1) {
    // what is missing is told once, and not by each of them
    masterKeys(terminal)
    if (config['basalt.redis_url'] === null)
      warn(
        terminal,
        'several workers without --redis-url do not hear each other: broadcast, presence and rate limits are of each alone.',
      )
    const onFailure = (error: Error): void => ending.fail(error)
    const supervisor = await superviseWorkers({ config, workdir, log, onFailure })
    return { ...supervisor, restart: () => supervisor.restart(), stop: () => supervisor.stop() }
  }
  const server = await serveFleet({
    config,
    ...masterKeys(terminal),
    workdir,
    slot: Number(options.workerSlot ?? 0),
    servesAdmin: options.workerSlot === undefined,
    studioFolder: studioFolder(),
    log,
  })
  if (options.workerSlot !== undefined) reportReady(server)
  const { url, adminUrl, studioUrl } = server
  return { url, adminUrl, studioUrl, restart: null, stop: () => server.stop() }
}

function announce(
  terminal: Terminal,
  { json }: ServeOptions,
  { url, adminUrl, studioUrl }: Running,
  elapsedMs: number,
): void {
  const state = { event: 'ready', pid: process.pid, url, adminUrl, studioUrl }
  terminal.out(json === true ? `${JSON.stringify(state)}\n` : `${url}\n`)
  if (studioUrl !== null) terminal.err(`Studio: ${studioUrl}\n`)
  terminal.err(`Ready in ${(elapsedMs / 1000).toFixed(2)} s. Ctrl-C stops.\n`)
}

async function untilEnded(
  terminal: Terminal,
  running: Running,
  ending: Ending,
  options: ServeOptions,
): Promise<number> {
  const stopListening = terminal.onReload('config', () => {
    running
      .restart?.()
      .catch((error: unknown) =>
        terminal.err(`The workers could not all be replaced: ${describeError(error, false)}\n`),
      )
  })
  const failure = await ending.reached
  stopListening()
  await running.stop()
  if (failure === null) return exitCodes.ok
  terminal.err(`${describeError(failure.error, options.debug === true)}\n`)
  return exitCodes.failure
}

function flagsOf(options: ServeOptions): Partial<Config> {
  const given: Partial<Config> = {
    ...(options.controlDbUrl === undefined
      ? {}
      : { 'basalt.fleet.control_db_url': options.controlDbUrl }),
    ...(options.redisUrl === undefined ? {} : { 'basalt.redis_url': options.redisUrl }),
    ...(options.baseDomain === undefined ? {} : { 'basalt.fleet.base_domain': options.baseDomain }),
    ...(options.externalUrl === undefined
      ? {}
      : { 'basalt.fleet.external_url': options.externalUrl }),
    ...(options.host === undefined ? {} : { 'basalt.host': options.host }),
    ...(options.port === undefined ? {} : { 'api.port': count('--port', options.port, 65_535) }),
    ...(options.workers === undefined
      ? {}
      : { 'basalt.fleet.workers': count('--workers', options.workers, 256) }),
    ...(options.maxProjects === undefined
      ? {}
      : { 'basalt.fleet.max_projects': count('--max-projects', options.maxProjects, 100_000) }),
  }
  return given
}

function count(flag: string, text: string, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0 && number <= most) return number
  throw new CliError(`${flag} ${text}: expected a whole number from 1 to ${most}.`)
}

/** `basalt functions serve`: the functions of this folder, what they say, and whether what was saved can run. */
import { existsSync, readFileSync, readdirSync, watch } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { createLogger, readEnvFile, readRunState, startLocal } from '@basalt/server/node'
import type { Config, LocalServer, RunState } from '@basalt/server/node'
import { CliError, showProgress } from '#terminal'
import type { Terminal } from '#terminal'
import { loadProject, warn } from '#project'
import type { CommonOptions } from '#project'
import { FunctionsApi } from '#project-api'
import { jsonLinesOf } from './json-lines.ts'
import { textOf } from './show-logs.ts'
import type { LogLine } from './show-logs.ts'

export interface ServeOptions extends CommonOptions {
  readonly envFile?: string
  readonly verifyJwt: boolean
  readonly importMap?: string
}

/** Editors write in several steps. */
const settleMs = 150

/** Beside the project that runs here, or with one of its own; until Ctrl-C. */
export async function serveFunctions(terminal: Terminal, options: ServeOptions): Promise<void> {
  const { workdir, config } = loadProject(terminal, options, {})
  const folder = join(workdir, 'supabase', 'functions')
  if (!existsSync(folder))
    throw new CliError(`There is no ${folder}: basalt functions new <name> makes one.`)
  const running = readRunState(workdir)
  if (running !== null && hasFlags(options))
    throw new CliError(
      'The project runs already: --env-file, --no-verify-jwt and --import-map are for a project that serve starts.',
    )
  const interrupted = new AbortController()
  const forget = terminal.onInterrupt(() => interrupted.abort())
  const own =
    running === null
      ? await startOwn(
          terminal,
          workdir,
          changed(config, folder, workdir, options),
          interrupted.signal,
        )
      : null
  try {
    const state = running ?? (own as LocalServer).state
    terminal.err(
      `Serving ${listFunctions(folder).length} functions at ${state.url}/functions/v1/<name>. Ctrl-C stops.\n`,
    )
    await new Serving(terminal, folder, state, interrupted.signal).run()
  } finally {
    forget()
    await own?.stop()
  }
}

function hasFlags({ envFile, verifyJwt, importMap }: ServeOptions): boolean {
  return envFile !== undefined || !verifyJwt || importMap !== undefined
}

function startOwn(
  terminal: Terminal,
  workdir: string,
  config: Config,
  signal: AbortSignal,
): Promise<LocalServer> {
  return startLocal({
    workdir,
    config,
    apply: { migrations: false, seed: false },
    log: withoutFunctions(createLogger('error')),
    onProgress: showProgress(terminal),
    onWarning: (message) => warn(terminal, message),
    onFailure: (error) => terminal.err(`${String(error)}\n`),
    signal,
  })
}

/** What functions say is printed by `Serving`. */
function withoutFunctions(log: ReturnType<typeof createLogger>): typeof log {
  return {
    ...log,
    error: (message, fields) => {
      if (fields?.['function'] === undefined) log.error(message, fields)
    },
  }
}

/** The flags, for each function there is. */
function changed(
  config: Config,
  folder: string,
  workdir: string,
  { envFile, verifyJwt, importMap }: ServeOptions,
): Config {
  const secrets = envFile === undefined ? {} : readEnvFile(readText(resolve(workdir, envFile)))
  const none = {
    enabled: true,
    verify_jwt: true,
    import_map: null,
    entrypoint: null,
    static_files: [],
    env: {},
  }
  const functions: Record<string, Config['functions'][string]> = { ...config.functions }
  for (const slug of listFunctions(folder)) {
    const own = functions[slug] ?? none
    functions[slug] = {
      ...own,
      verify_jwt: verifyJwt && own.verify_jwt,
      import_map: importMap === undefined ? own.import_map : resolve(workdir, importMap),
    }
  }
  return {
    ...config,
    functions,
    'edge_runtime.secrets': { ...config['edge_runtime.secrets'], ...secrets },
  }
}

function readText(path: string): string {
  if (!existsSync(path)) throw new CliError(`There is no ${path}.`)
  return readFileSync(path, 'utf8')
}

function listFunctions(folder: string): string[] {
  return readdirSync(folder).filter((name) => isFunction(folder, name))
}

function isFunction(folder: string, name: string): boolean {
  if (!/^[A-Za-z][\w-]*$/.test(name)) return false
  return ['index.ts', 'manifest.json'].some((file) => existsSync(join(folder, name, file)))
}

class Serving {
  readonly #terminal: Terminal
  readonly #folder: string
  readonly #state: RunState
  readonly #signal: AbortSignal
  readonly #api: FunctionsApi
  readonly #followed = new Set<string>()
  readonly #changed = new Set<string>()
  #settling: NodeJS.Timeout | null = null

  constructor(terminal: Terminal, folder: string, state: RunState, signal: AbortSignal) {
    this.#terminal = terminal
    this.#folder = folder
    this.#state = state
    this.#signal = signal
    this.#api = new FunctionsApi(state.url, 'default', state.adminToken)
  }

  async run(): Promise<void> {
    for (const slug of listFunctions(this.#folder)) this.#follow(slug)
    const watcher = watch(this.#folder, { recursive: true }, (_, name) => this.#note(name))
    try {
      if (!this.#signal.aborted)
        await new Promise((resolve) => this.#signal.addEventListener('abort', resolve))
    } finally {
      watcher.close()
      if (this.#settling !== null) clearTimeout(this.#settling)
    }
  }

  #note(path: string | null): void {
    const [slug = ''] = (path ?? '').split(sep)
    if (path === null || slug === '' || path.includes('node_modules')) return
    this.#changed.add(slug)
    if (this.#settling !== null) clearTimeout(this.#settling)
    this.#settling = setTimeout(() => void this.#look(), settleMs)
  }

  async #look(): Promise<void> {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const slug of changed) {
      if (isFunction(this.#folder, slug)) await this.#boot(slug)
      else if (slug.startsWith('_'))
        this.#print(slug, 'changed: functions are made anew when they are called')
    }
  }

  /** Whether it can run is known before anybody calls it. */
  async #boot(slug: string): Promise<void> {
    this.#follow(slug)
    const key = this.#state.status.find(({ name }) => name === 'SERVICE_ROLE_KEY')?.value ?? ''
    const began = performance.now()
    try {
      const response = await fetch(`${this.#state.url}/functions/v1/_internal/boot/${slug}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        signal: this.#signal,
      })
      const { details, message } = (await response.json()) as { details?: string; message?: string }
      const ms = Math.round(performance.now() - began)
      this.#print(
        slug,
        response.ok ? `ready in ${ms} ms` : (details ?? message ?? `HTTP ${response.status}`),
      )
    } catch (error) {
      if (!this.#signal.aborted) this.#print(slug, String(error))
    }
  }

  #follow(slug: string): void {
    if (this.#followed.has(slug)) return
    this.#followed.add(slug)
    void this.#printLogs(slug).catch((error: unknown) => {
      this.#followed.delete(slug)
      if (!this.#signal.aborted)
        this.#print(
          slug,
          `its log broke off: ${error instanceof Error ? error.message : String(error)}`,
        )
    })
  }

  async #printLogs(slug: string): Promise<void> {
    const path = `/functions/${slug}/logs?limit=0&follow=true`
    const response = await this.#api.send('GET', path, { signal: this.#signal })
    for await (const line of jsonLinesOf(response))
      this.#terminal.out(`[${slug}] ${textOf(line as LogLine)}\n`)
  }

  #print(slug: string, text: string): void {
    this.#terminal.err(`[${slug}] ${text}\n`)
  }
}

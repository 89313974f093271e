/** `basalt start`: the ports of a project, what runs behind them, and its orderly end. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import { jsonResponse, readJson } from '#base/http'
import { createSequence, isJsonObject, silentLog } from '#base/kernel'
import type { Upgrade } from '#base/service'
import { discardDatabase } from './local-database.ts'
import { openLocalInbox } from './local-inbox.ts'
import type { LocalInbox } from './local-inbox.ts'
import { serveAdmin, serveApi, serveMetrics } from '#host/node/http'
import { openLocalStudio } from './local-studio.ts'
import type { LocalStudio } from './local-studio.ts'
import type { LocalStack, LocalStackOptions } from './local-stack.ts'
import { openLocalStack } from './local-stack.ts'
import type { LocalServer, StartLocalOptions } from './local-server.ts'
import { refuseDefaultKeys } from './refuse-default-keys.ts'
import type { ResetWish } from './reset-local.ts'
import { portsOf } from './listening-ports.ts'
import { lockProject, removeRunState, writeRunState } from './run-state.ts'
import type { RunState } from './run-state.ts'
import type { Listening } from '#host/node/http'
import { StartError } from '#host/node/core'
import type { StatusEntry } from './status-entries.ts'

/**
 * Starts everything and resolves when requests are answered. Rejects with a reason to show, nothing left running:
 * `StartError`, `SqlFileError` (a migration or seed), `ConnectionError` (the given database).
 */
export async function startLocal(options: StartLocalOptions): Promise<LocalServer> {
  const { workdir, signal } = options
  const config = withExternalUrl(options.config)
  const lock = lockProject(workdir)
  const runner = new Runner(options, config)
  try {
    await runner.listen()
    throwIfAborted(signal)
    await runner.open()
    throwIfAborted(signal)
    return {
      state: runner.describe(),
      stop: async () => {
        await runner.stop()
        removeRunState(workdir)
        lock.release()
      },
    }
  } catch (error) {
    await runner.stop()
    lock.release()
    throw error
  }
}

/** What clients are told, in links and in `status`. */
function withExternalUrl(config: Config): Config {
  const scheme = config['api.tls.enabled'] ? 'https' : 'http'
  const url = config['api.external_url'] ?? `${scheme}://127.0.0.1:${config['api.port']}`
  return { ...config, 'api.external_url': url }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new StartError('interrupted', 'Interrupted while starting.')
}

class Runner {
  readonly #options: StartLocalOptions
  readonly #config: Config
  #stackOptions: LocalStackOptions
  #inbox: LocalInbox | null = null
  #studio: LocalStudio | null = null
  readonly #adminToken: string
  #listeners: Listening[] = []
  /** Null while starting, while the database is reset, and where that left no database; `#why` tells callers. */
  #stack: LocalStack | null = null
  #why = 'The server is starting'
  /** Written to the state file with what is wrong at the time. */
  #state: RunState | null = null
  #resetProblem: RunState['problem'] = null
  #postgresProblem: RunState['problem'] = null
  /** Resets and the stop wait for each other. */
  readonly #exclusively = createSequence()

  constructor(options: StartLocalOptions, config: Config) {
    this.#options = options
    this.#config = config
    // as the Supabase CLI has it
    this.#adminToken = config['basalt.operator_token'] ?? `sbp_${randomBytes(20).toString('hex')}`
    this.#stackOptions = {
      workdir: options.workdir,
      config,
      operatorToken: this.#adminToken,
      ...(options.apply === undefined ? {} : { apply: options.apply }),
      log: options.log ?? silentLog,
      onProgress: options.onProgress ?? (() => {}),
      onWarning: options.onWarning ?? (() => {}),
      onTrouble: (message) => {
        this.#postgresProblem = message === null ? null : { message, isServing: false }
        this.#report()
      },
      onFailure: options.onFailure ?? (() => {}),
    }
  }

  /** What is wrong is what `status` tells. */
  #report(): RunState | null {
    if (this.#state === null) return null
    this.#state = { ...this.#state, problem: this.#postgresProblem ?? this.#resetProblem }
    writeRunState(this.#options.workdir, this.#state)
    return this.#state
  }

  /** The ports first: an occupied one is told before a second is spent on the database. */
  async listen(): Promise<void> {
    refuseDefaultKeys(this.#config)
    const api = {
      handle: (request: HttpRequest) => this.#handle(request),
      upgrade: (request: HttpRequest) => this.#upgrade(request),
    }
    this.#listeners.push(await serveApi(this.#stackOptions, api))
    const admin = await serveAdmin(this.#stackOptions, (request) => this.#handleAdmin(request))
    this.#listeners.push(admin)
    const metrics = await serveMetrics(this.#stackOptions, (request) => this.#handleAdmin(request))
    if (metrics !== null) this.#listeners.push(metrics)
  }

  async open(): Promise<void> {
    if (this.#config['inbucket.enabled']) {
      const { log, onWarning } = this.#stackOptions
      this.#inbox = await openLocalInbox(this.#config, log, onWarning)
      this.#listeners.push(this.#inbox.page)
      this.#stackOptions = { ...this.#stackOptions, inboxPort: this.#inbox.smtpPort }
    }
    const { studioFolder } = this.#options
    if (this.#config['studio.enabled'] && studioFolder !== undefined) {
      this.#studio = await this.#openStudio(studioFolder)
      this.#listeners.push(this.#studio.page)
    }
    this.#stack = await openLocalStack(this.#stackOptions)
  }

  #openStudio(folder: string | null): Promise<LocalStudio> {
    const { log, onWarning } = this.#stackOptions
    const { configSources } = this.#options
    return openLocalStudio({
      config: this.#config,
      log,
      folder,
      operatorToken: this.#adminToken,
      stack: () => this.#stack,
      onWarning,
      onLink: () => this.#relist(),
      ...(configSources === undefined ? {} : { sources: configSources }),
      mail: () => this.#inbox?.handle ?? null,
    })
  }

  /** Written down for the other commands. */
  describe(): RunState {
    const stack = this.#stack as LocalStack
    const config = this.#config
    const url = stack.platform.externalUrl
    const dbUrl = stack.database.userUrl
    this.#state = {
      pid: process.pid,
      startedAt: new Date().toISOString(),
      ports: portsOf(config, stack.database.isEmbedded, this.#inbox, this.#studio),
      url,
      adminUrl: `http://127.0.0.1:${config['basalt.admin_port']}`,
      dbUrl,
      status: this.#entries(stack),
      problem: null,
      adminToken: this.#adminToken,
    }
    return this.#report() as RunState
  }

  #entries(stack: LocalStack): StatusEntry[] {
    const studio = this.#studio
    return stack.status({
      inboxUrl: this.#inbox?.url ?? null,
      studio: studio === null ? null : { url: studio.url, link: studio.link() },
    })
  }

  /** The link to Studio is another one. */
  #relist(): void {
    if (this.#state === null || this.#stack === null) return
    this.#state = { ...this.#state, status: this.#entries(this.#stack) }
    this.#report()
  }

  stop(): Promise<void> {
    return this.#exclusively(async () => {
      const deadlineMs = this.#config['basalt.shutdown_timeout']
      await Promise.all(this.#listeners.map((listener) => listener.close(deadlineMs)))
      this.#listeners = []
      await this.#studio?.release()
      await this.#stack?.close()
      this.#stack = null
      // the stack's last mails go there
      await this.#inbox?.close()
      this.#inbox = null
    })
  }

  /** Where Postgres is away for longer, requests are refused at once instead of waiting for it. */
  #handle(request: HttpRequest): Promise<HttpResponse> {
    if (this.#stack === null) return unavailable(this.#why)
    if (this.#postgresProblem !== null) return unavailable('The database does not run')
    return this.#stack.platform.handle(request)
  }

  async #upgrade(request: HttpRequest): Promise<Upgrade> {
    if (this.#stack === null || this.#postgresProblem !== null)
      return { refusal: await this.#handle(request) }
    return this.#stack.platform.upgrade(request)
  }

  async #handleAdmin(request: HttpRequest): Promise<HttpResponse> {
    if (request.path === '/reset' && request.method === 'POST') {
      if (!this.#isOurs(request))
        return jsonResponse(401, { message: 'The admin token is missing' })
      const body = await readJson(request, 10_000)
      return this.#exclusively(() => this.#reset(isJsonObject(body) ? body : {}))
    }
    return this.#stack?.platform.handleAdmin(request) ?? unavailable(this.#why)
  }

  #isOurs(request: HttpRequest): boolean {
    const given = Buffer.from(request.headers['authorization'] ?? '')
    const wanted = Buffer.from(`Bearer ${this.#adminToken}`)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }

  /** A new database under the same ports; requests meanwhile are answered 503. */
  async #reset(wish: ResetWish): Promise<HttpResponse> {
    if (this.#stack?.database.isEmbedded === false) {
      return jsonResponse(400, { message: 'Only the embedded database can be reset.' })
    }
    const warnings: string[] = []
    const message = await this.#renew(wish, (warning) => warnings.push(warning)).catch(
      (error: unknown) => {
        this.#why = 'There is no database: its reset has failed (basalt status says why)'
        const reason = error instanceof Error ? error.message : String(error)
        return `There is no database, for its reset failed: ${reason}`
      },
    )
    const isServing = this.#stack !== null
    this.#resetProblem = message === null ? null : { message, isServing }
    this.#report()
    if (message === null) return jsonResponse(200, { warnings })
    this.#stackOptions.log.error('The reset failed', { error: message, is_serving: isServing })
    return jsonResponse(500, { message, warnings })
  }

  /** What kept it from being all of the project, or null. Rejects with no database. */
  async #renew(wish: ResetWish, onWarning: (message: string) => void): Promise<string | null> {
    const stack = this.#stack
    this.#stack = null
    this.#why = 'The database is being reset'
    await this.#studio?.release()
    await stack?.close()
    // that of the database which goes
    this.#postgresProblem = null
    await discardDatabase(this.#options.workdir)
    const config =
      wish.seed === false ? { ...this.#config, 'db.seed.enabled': false } : this.#config
    this.#stack = await openLocalStack({
      ...this.#stackOptions,
      config,
      onWarning,
      keepsPart: true,
      ...(typeof wish.version === 'string' ? { version: wish.version } : {}),
    })
    const { failure } = this.#stack
    return failure === null
      ? null
      : `${failure.message}\nThe database has what was applied before. Mend the file and run basalt db reset again.`
  }
}

function unavailable(message: string): Promise<HttpResponse> {
  const response = jsonResponse(503, { message }, { 'retry-after': '1' })
  return Promise.resolve(response)
}

/** The data API on a database, alone: what `basalt rest` runs, as a function from request to response. */
import type { LoadedRestConfig, RestConfig } from '#base/config'
import { readDatabaseSettings, responseErrors } from '#services/data-api'
import { ConnectionError, DatabaseError, ownSession } from '#base/db'
import type { Database } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import { withErrorBoundary } from '#base/http'
import { silentLog, systemClock } from '#base/kernel'
import type { Clock, Log, PlatformError } from '#base/kernel'
import type { Scope } from '#base/service'
import { sql } from '#base/sql'
import { handleAdmin } from './admin.ts'
import { createAuthenticator } from './authenticator.ts'
import { formatRestError } from './format-rest-error.ts'
import { leveledLog, logRequest } from './log-request.ts'
import { openRestDatabase, openRuntime } from './open-runtime.ts'
import type { Runtime } from './open-runtime.ts'
import { addCorsHeaders, answerPreflight } from './rest-cors.ts'

export interface RestPlatformOptions {
  /** Reads the options, with what the database says of them; called at the start and for each reload. Throws a `ConfigError`. */
  readonly load: (inDatabase: Readonly<Record<string, string>>) => LoadedRestConfig
  readonly log?: Log
  readonly clock?: Clock
  /** The database was lost and is not to be waited for (`db-pool-automatic-recovery`). */
  readonly onFailure?: (error: unknown) => void
}

export interface RestPlatform {
  /** The options in use. */
  readonly config: RestConfig
  handle(request: HttpRequest): Promise<HttpResponse>
  /** `/live`, `/ready`, `/config`, `/schema_cache`, `/metrics`; `isServing` once requests reach `handle`. */
  handleAdmin(request: HttpRequest, state: { readonly isServing: boolean }): Promise<HttpResponse>
  /** Resolves after the first attempt to read the database: requests are answered 503 until one succeeds. */
  start(): Promise<void>
  /** Reads the catalog again. */
  reloadSchema(): Promise<void>
  /** Reads file and database settings again; what cannot be used is logged and changes nothing. */
  reloadConfig(): Promise<void>
  close(): Promise<void>
}

const maxRetryMs = 32_000

/** Nothing is connected before `start`; the options are read at once, and a `ConfigError` is thrown here. */
export function createRestPlatform(options: RestPlatformOptions): RestPlatform {
  return new SingleApi(options)
}

class SingleApi implements RestPlatform {
  readonly #options: RestPlatformOptions
  readonly #log: Log
  readonly #clock: Clock
  readonly #db: Database
  #config: RestConfig
  #runtime: Runtime | null = null
  #stopListening: (() => void) | null = null
  #retry: NodeJS.Timeout | null = null
  #retryMs = 1_000
  #closed = false
  /** Reloads of the configuration wait for each other. */
  #reloading: Promise<void> = Promise.resolve()

  constructor(options: RestPlatformOptions) {
    this.#options = options
    this.#log = leveledLog(options.log ?? silentLog, () => this.#config['log-level'])
    this.#clock = options.clock ?? systemClock
    const loaded = options.load({})
    this.#config = loaded.config
    // what is wrong with secret and path is told now, not once the database answers
    createAuthenticator(loaded.config, this.#clock)
    this.#db = openRestDatabase(loaded)
  }

  get config(): RestConfig {
    return this.#config
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const config = this.#config
    const startedAt = performance.now()
    const allowed = config['server-cors-allowed-origins']
    const preflight = answerPreflight(request, allowed)
    const response = preflight ?? (await this.#answer(request))
    if (preflight === null) {
      addCorsHeaders(request, allowed, response)
      logRequest(this.#log, config['log-level'], request, response.status, startedAt)
    }
    const trace = config['server-trace-header']
    if (trace !== null) response.headers[trace] = request.headers[trace.toLowerCase()] ?? ''
    return response
  }

  handleAdmin(
    request: HttpRequest,
    { isServing }: { readonly isServing: boolean },
  ): Promise<HttpResponse> {
    const dataApi = this.#runtime?.dataApi ?? null
    return handleAdmin(request, { config: this.#config, db: this.#db, dataApi, isServing })
  }

  async start(): Promise<void> {
    try {
      await this.#open()
    } catch (error) {
      this.#failed(error)
    }
  }

  async reloadSchema(): Promise<void> {
    try {
      await this.#runtime?.dataApi.reload()
      this.#log.info('schema reloaded')
    } catch (error) {
      this.#log.error('the schema could not be reloaded', { error: String(error) })
    }
  }

  reloadConfig(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reloadConfig())
    return this.#reloading
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    await this.#reloading
    this.#stopListening?.()
    await this.#runtime?.dataApi.close()
    await this.#db.close()
  }

  #answer(request: HttpRequest): Promise<HttpResponse> {
    const runtime = this.#runtime
    const formatError = (error: PlatformError): HttpResponse => this.#formatError(error)
    return withErrorBoundary(request, this.#log, formatError, async () => {
      if (runtime === null) throw responseErrors.PGRST002()
      const authentication = runtime.authenticate(request)
      const scope: Scope = {
        project: runtime.project,
        authentication,
        requestId: '',
        log: this.#log,
        cancellation: request.cancellation,
        deadlineMs: Number.POSITIVE_INFINITY,
      }
      return runtime.dataApi.handle(scope, request)
    })
  }

  /** PostgREST tells how long to wait whenever it answers 503. */
  #formatError(error: PlatformError): HttpResponse {
    const response = formatRestError(error, this.#config['client-error-verbosity'])
    if (response.status === 503) {
      response.headers['retry-after'] = String(Math.ceil(this.#retryMs / 1_000))
    }
    return response
  }

  async #open(): Promise<void> {
    const loaded = await this.#load().catch((error: unknown) => this.#loadWithout(error))
    const runtime = await openRuntime(loaded.config, this.#db, this.#log, this.#clock)
    if (this.#closed) return runtime.dataApi.close()
    this.#config = loaded.config
    this.#runtime = runtime
    this.#retryMs = 1_000
    await this.#listen()
  }

  /** The options with what the database says, unless that is turned off. */
  async #load(): Promise<LoadedRestConfig> {
    const { load } = this.#options
    const loaded = load({})
    const { config } = loaded
    if (!config['db-config']) {
      // without a question the database would not be known to be there
      await this.#db.transaction(ownSession, [sql`/* rest.probe */ select 1`])
      return loaded
    }
    const inDatabase = await readDatabaseSettings(this.#db, config['db-pre-config'])
    return load(inDatabase)
  }

  /** A question that fails (a `db-pre-config` that raises, say) is no reason not to serve; a lost database is. */
  #loadWithout(error: unknown): LoadedRestConfig {
    if (!(error instanceof DatabaseError) || error.severity !== 'ERROR') throw error
    this.#log.error('the settings of the database cannot be read', { error: error.message })
    return this.#options.load({})
  }

  /** `NOTIFY pgrst` without a word, or `reload schema`, is the data API's; `reload config` is ours. */
  async #listen(): Promise<void> {
    const { 'db-channel': channel, 'db-channel-enabled': enabled } = this.#config
    this.#stopListening?.()
    this.#stopListening = null
    if (!enabled) return
    this.#stopListening = await this.#db.listen(channel, (payload) => {
      if (payload === 'reload config') void this.reloadConfig()
    })
  }

  #failed(error: unknown): void {
    this.#log.error('the database cannot be used', { error: describe(error) })
    if (!this.#config['db-pool-automatic-recovery'] || isFinal(error)) {
      this.#options.onFailure?.(error)
      return
    }
    if (this.#closed) return
    this.#retry = setTimeout(() => void this.start(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
  }

  async #reloadConfig(): Promise<void> {
    if (this.#closed) return
    try {
      const { config } = await this.#load()
      const runtime = await openRuntime(config, this.#db, this.#log, this.#clock)
      const before = this.#runtime
      this.#config = config
      this.#runtime = runtime
      await before?.dataApi.close()
      await this.#listen()
      this.#log.info('configuration reloaded')
    } catch (error) {
      this.#log.error('the configuration could not be reloaded', { error: describe(error) })
    }
  }
}

/** A password does not become right by trying again, and a server may count the attempts. */
function isFinal(error: unknown): boolean {
  const reason = error instanceof ConnectionError ? error.cause : error
  return reason instanceof DatabaseError && reason.code === '28P01'
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** `basalt start`: the ports of a project, what runs behind them, and its orderly end. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import { isLoopback, jsonResponse, loopbackOnly, readJson } from '#base/http'
import { defaultKeys, hasDefaultSecret } from '#base/token'
import { isJsonObject, silentLog } from '#base/kernel'
import type { Log } from '#base/kernel'
import type { WorkspaceParts } from '#host/platform'
import { openInbox } from '#services/inbox'
import type { Inbox } from '#services/inbox'
import { discardDatabase } from './local-database.ts'
import type { LocalStack, LocalStackOptions } from './local-stack.ts'
import { openLocalStack } from './local-stack.ts'
import type { OnProgress } from './progress.ts'
import { lockProject, removeRunState, writeRunState } from './run-state.ts'
import type { RunState } from './run-state.ts'
import { serve } from './serve.ts'
import type { Listening } from './serve.ts'
import { StartError } from './start-error.ts'
import { statusEntries } from './status-entries.ts'

export interface StartLocalOptions {
  /** Holds `supabase/`. */
  readonly workdir: string
  readonly config: Config
  readonly log?: Log
  readonly onProgress?: OnProgress
  /** What is applied to a database that was there before, one of one's own above all. Default: nothing. */
  readonly apply?: WorkspaceParts
  /** Things to know that do not keep us from starting, one sentence each. */
  readonly onWarning?: (message: string) => void
  /** What runs has failed for good; `stop` is still to be called. */
  readonly onFailure?: (error: unknown) => void
  /** Ends a start that is under way, at the next step. */
  readonly signal?: AbortSignal
}

export interface LocalServer {
  readonly state: RunState
  /** Answers requests in flight, closes the ports, stops Postgres. */
  stop(): Promise<void>
}

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
    const state = runner.describe()
    writeRunState(workdir, state)
    return {
      state,
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

/** Who listens on this machine alone answers to its names alone. */
function guarded(
  host: string,
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): (request: HttpRequest) => Promise<HttpResponse> {
  return isLoopback(host) ? loopbackOnly(handle) : handle
}

/** With keys that everybody knows, whoever reaches the port is the service role. */
function refuseDefaultKeys(config: Config): void {
  const host = config['basalt.host']
  if (isLoopback(host) || config['basalt.allow_default_keys']) return
  const jwtSecret = config['auth.jwt_secret']
  const secretKey = config['auth.secret_key'] ?? defaultKeys(jwtSecret).secretKey
  if (!hasDefaultSecret({ jwtSecret, secretKey })) return
  throw new StartError(
    'config',
    `basalt.host is ${host}, and auth.jwt_secret is the default that everybody knows: whoever reaches this machine could read and change everything. Set auth.jwt_secret to a secret of your own (openssl rand -base64 48), or, in a closed network, basalt.allow_default_keys = true.`,
  )
}

class Runner {
  readonly #options: StartLocalOptions
  readonly #config: Config
  #stackOptions: LocalStackOptions
  #inbox: Inbox | null = null
  #inboxUrl: string | null = null
  readonly #adminToken = randomBytes(24).toString('hex')
  #listeners: Listening[] = []
  /** Null while starting, while the database is reset, and after a reset that failed. */
  #stack: LocalStack | null = null
  /** Resets and the stop wait for each other. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: StartLocalOptions, config: Config) {
    this.#options = options
    this.#config = config
    this.#stackOptions = {
      workdir: options.workdir,
      config,
      operatorToken: this.#adminToken,
      ...(options.apply === undefined ? {} : { apply: options.apply }),
      log: options.log ?? silentLog,
      onProgress: options.onProgress ?? (() => {}),
      onWarning: options.onWarning ?? (() => {}),
      onFailure: options.onFailure ?? (() => {}),
    }
  }

  /** The ports first: an occupied one is told before a second is spent on the database. */
  async listen(): Promise<void> {
    const config = this.#config
    refuseDefaultKeys(config)
    const common = {
      log: this.#stackOptions.log,
      maxHeaderBytes: config['basalt.max_header_size'] + config['basalt.max_url_length'],
      headerTimeoutMs: config['basalt.header_timeout'],
      requestTimeoutMs: config['basalt.request_timeout'],
      keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
      maxBodyBytesInFlight: config['basalt.max_bodies'],
      maxConnections: config['basalt.max_connections'],
    }
    const tls = readTls(config, this.#options.workdir)
    this.#listeners.push(
      await serve({
        ...common,
        host: config['basalt.host'],
        port: config['api.port'],
        purpose: 'the API',
        portOption: 'api.port',
        handle: (request) => this.#stack?.platform.handle(request) ?? unavailable(),
        ...(tls === null ? {} : { tls }),
      }),
    )
    this.#listeners.push(
      await serve({
        ...common,
        host: config['basalt.admin_host'],
        port: config['basalt.admin_port'],
        purpose: 'metrics and health',
        portOption: 'basalt.admin_port',
        handle: guarded(config['basalt.admin_host'], (request) => this.#handleAdmin(request)),
      }),
    )
  }

  async open(): Promise<void> {
    if (this.#config['inbucket.enabled']) await this.#openInbox()
    this.#stack = await openLocalStack(this.#stackOptions)
  }

  /** A mail page that cannot have its port is no reason not to start: it takes another and says so. */
  async #openInbox(): Promise<void> {
    const config = this.#config
    const host = config['basalt.inbox_host']
    const inbox = await openInbox({
      host: '127.0.0.1',
      smtpPort: config['inbucket.smtp_port'] ?? 0,
    }).catch((error: unknown) => {
      throw new StartError(
        'port-in-use',
        `Port ${config['inbucket.smtp_port']}, meant for catching mail, cannot be had. Set inbucket.smtp_port in supabase/config.toml.`,
        error,
      )
    })
    this.#inbox = inbox
    this.#stackOptions = { ...this.#stackOptions, inboxPort: inbox.smtpPort }
    const listen = (port: number): Promise<Listening> =>
      serve({
        host,
        port,
        purpose: 'the mail page',
        portOption: 'inbucket.port',
        handle: guarded(host, (request) => inbox.handle(request)),
        log: this.#stackOptions.log,
        maxHeaderBytes: config['basalt.max_header_size'],
        headerTimeoutMs: config['basalt.header_timeout'],
        requestTimeoutMs: config['basalt.request_timeout'],
        keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
      })
    const listening = await listen(config['inbucket.port']).catch((error: unknown) => {
      if (!(error instanceof StartError)) throw error
      return listen(0)
    })
    this.#listeners.push(listening)
    this.#inboxUrl = `http://127.0.0.1:${listening.port}`
    if (listening.port !== config['inbucket.port']) {
      this.#stackOptions.onWarning(
        `port ${config['inbucket.port']} is in use: caught mail is shown at http://127.0.0.1:${listening.port}`,
      )
    }
  }

  describe(): RunState {
    const stack = this.#stack as LocalStack
    const config = this.#config
    const url = stack.platform.externalUrl
    const dbUrl = stack.database.userUrl
    return {
      pid: process.pid,
      startedAt: new Date().toISOString(),
      ports: {
        api: config['api.port'],
        admin: config['basalt.admin_port'],
        ...(stack.database.isEmbedded ? { db: config['db.port'] } : {}),
      },
      url,
      adminUrl: `http://127.0.0.1:${config['basalt.admin_port']}`,
      dbUrl,
      status: statusEntries({
        config,
        url,
        dbUrl,
        inboxUrl: this.#inboxUrl,
        keys: stack.platform.keys,
      }),
      adminToken: this.#adminToken,
    }
  }

  stop(): Promise<void> {
    return this.#exclusively(async () => {
      const deadlineMs = this.#config['basalt.shutdown_timeout']
      await Promise.all(this.#listeners.map((listener) => listener.close(deadlineMs)))
      this.#listeners = []
      await this.#stack?.close()
      this.#stack = null
      // the stack's last mails go there
      await this.#inbox?.close()
      this.#inbox = null
    })
  }

  async #handleAdmin(request: HttpRequest): Promise<HttpResponse> {
    if (request.path === '/reset' && request.method === 'POST') {
      if (!this.#isOurs(request))
        return jsonResponse(401, { message: 'The admin token is missing' })
      const body = await readJson(request, 10_000)
      return this.#exclusively(() => this.#reset(isJsonObject(body) ? body : {}))
    }
    return this.#stack?.platform.handleAdmin(request) ?? unavailable()
  }

  #isOurs(request: HttpRequest): boolean {
    const given = Buffer.from(request.headers['authorization'] ?? '')
    const wanted = Buffer.from(`Bearer ${this.#adminToken}`)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }

  /** A new database under the same ports; requests meanwhile are answered 503. */
  async #reset(wish: {
    readonly version?: unknown
    readonly seed?: unknown
  }): Promise<HttpResponse> {
    if (this.#stack?.database.isEmbedded === false) {
      return jsonResponse(400, { message: 'Only the embedded database can be reset.' })
    }
    const lines: string[] = []
    try {
      const stack = this.#stack
      this.#stack = null
      await stack?.close()
      await discardDatabase(this.#options.workdir)
      const config =
        wish.seed === false ? { ...this.#config, 'db.seed.enabled': false } : this.#config
      this.#stack = await openLocalStack({
        ...this.#stackOptions,
        config,
        onWarning: (message) => lines.push(message),
        ...(typeof wish.version === 'string' ? { version: wish.version } : {}),
      })
      return jsonResponse(200, { warnings: lines })
    } catch (error) {
      return jsonResponse(500, { message: error instanceof Error ? error.message : String(error) })
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }
}

function unavailable(): Promise<HttpResponse> {
  const response = jsonResponse(503, { message: 'The server is starting' }, { 'retry-after': '1' })
  return Promise.resolve(response)
}

function readTls(config: Config, workdir: string): { cert: string; key: string } | null {
  if (!config['api.tls.enabled']) return null
  const read = (key: 'api.tls.cert_path' | 'api.tls.key_path'): string => {
    const path = config[key]
    try {
      if (path === null) throw new Error('it is not set')
      return readFileSync(join(workdir, 'supabase', path), 'utf8')
    } catch (error) {
      throw new StartError('config', `${key} cannot be read: ${(error as Error).message}.`, error)
    }
  }
  return { cert: read('api.tls.cert_path'), key: read('api.tls.key_path') }
}

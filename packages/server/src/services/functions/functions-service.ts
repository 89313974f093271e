/** Functions as a service of the gateway. Nothing is started before the first call. */
import { existsSync } from 'node:fs'
import { jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Project, Scope, ServiceDefinition, Upgrade } from '#base/service'
import { formatError, limitsOf } from '#services/functions/core'
import type { RunnableFunction } from '#services/functions/core'
import { boot, invoke, invokeWebSocket } from '#services/functions/invoke'
import type { InvokeContext } from '#services/functions/invoke'
import { DenoWorker, WorkerPool } from '#services/functions/worker'
import type { FunctionWorker } from '#services/functions/worker'
import { WasmWorker } from '#services/functions/wasm'
import { openBridges } from './open-bridges.ts'
import type { Bridges } from './open-bridges.ts'
import { environmentOf, publicEnvironmentOf } from './environment.ts'
import type { FunctionsRuntime } from './functions-runtime.ts'

export function createFunctions(runtime: FunctionsRuntime): ServiceDefinition {
  return {
    name: 'functions',
    prefix: '/functions/v1',
    answersPreflight: true,
    migrations: [],
    open: (project) => {
      const workers = new Workers(runtime, project)
      const { stats, logs } = runtime
      const source = runtime.source(project)
      stats.workers = () => workers.size
      const context: InvokeContext = { source, pool: () => workers.pool(), logs, stats }
      return Promise.resolve({
        handle: (scope: Scope, request: HttpRequest) =>
          told(handle(context, workers, scope, request), (response) => response),
        upgrade: (scope: Scope, request: HttpRequest) =>
          told<Upgrade>(invokeWebSocket(context, scope, request), (refusal) => ({ refusal })),
        formatError,
        close: async () => {
          await workers.close()
          await source.close()
        },
      })
    },
  }
}

/** `basalt functions serve` asks for what has changed. */
const bootPath = '/_internal/boot/'

/** What went wrong in a function stands in its own log: to ours it is an answer as any other. */
async function told<T>(work: Promise<T>, answer: (response: HttpResponse) => T): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PlatformError) return answer(formatError(error))
    throw error
  }
}

function handle(
  context: InvokeContext,
  workers: Workers,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { path } = request
  if (path === '/_internal/health') return Promise.resolve(jsonResponse(200, { message: 'ok' }))
  if (path === '/_internal/metric')
    return Promise.resolve(jsonResponse(200, { active_user_workers_count: workers.size }))
  if (path.startsWith(bootPath) && request.method === 'POST')
    return boot(context, scope, path.slice(bootPath.length))
  return invoke(context, scope, request)
}

/** The pool and what its workers reach through, opened with the first call. */
class Workers {
  readonly #runtime: FunctionsRuntime
  readonly #project: Project
  #opened: Promise<WorkerPool> | null = null
  #bridges: Promise<Bridges> | null = null
  #size = (): number => 0

  constructor(runtime: FunctionsRuntime, project: Project) {
    this.#runtime = runtime
    this.#project = project
  }

  get size(): number {
    return this.#size()
  }

  pool(): Promise<WorkerPool> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      // a full disk, or too many open files: the next call tries again
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  async close(): Promise<void> {
    const pool = await this.#opened?.catch(() => null)
    await pool?.close()
    await (await this.#bridges?.catch(() => null))?.close()
  }

  async #open(): Promise<WorkerPool> {
    const { config, clock } = this.#project
    await this.#reach()
    const pool = new WorkerPool({
      limits: limitsOf(config),
      start: async (fn) => this.#start(fn, await this.#reach()),
      oneshot: config['edge_runtime.policy'] === 'oneshot',
      now: () => clock.now(),
    })
    this.#size = () => pool.size
    return pool
  }

  /** Opened again where they failed, or what lies in /tmp was cleared away. */
  #reach(): Promise<Bridges> {
    const before = this.#bridges?.catch(() => null) ?? Promise.resolve(null)
    const next = before.then(async (open) => {
      if (open?.list.every(({ path }) => existsSync(path)) === true) return open
      await open?.close().catch(() => {})
      return openBridges(this.#runtime, this.#project)
    })
    this.#bridges = next
    return next
  }

  #start(fn: RunnableFunction, { list }: Bridges): Promise<FunctionWorker> {
    const { config, clock, externalUrl } = this.#project
    const { host, logs } = this.#runtime
    const common = { limits: limitsOf(config), logs, now: () => clock.now() }
    if (fn.kind === 'wasm') {
      const env = { ...fn.env, ...publicEnvironmentOf(this.#project) }
      return WasmWorker.start({ ...common, fn: { ...fn, env } })
    }
    const env = { ...fn.env, ...environmentOf(this.#project, this.#runtime.databaseUrl) }
    return DenoWorker.start({
      ...common,
      fn: { ...fn, env },
      reach: {
        network: config['basalt.functions.network'],
        hosts: config['basalt.functions.allowed_hosts'],
      },
      host: host(),
      bridges: list,
      origin: externalUrl,
    })
  }
}

/** Functions as a service of the gateway. Nothing is started before the first call. */
import { jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Project, Scope, ServiceDefinition, Upgrade } from '#base/service'
import { formatError } from '#services/functions/core'
import { boot, invoke, invokeWebSocket } from '#services/functions/invoke'
import type { InvokeContext } from '#services/functions/invoke'
import type { WorkerPool } from '#services/functions/worker'
import type { FunctionsRuntime } from './functions-runtime.ts'
import type { Workers } from './workers.ts'

export function createFunctions(runtime: FunctionsRuntime): ServiceDefinition {
  return {
    name: 'functions',
    prefix: '/functions/v1',
    answersPreflight: true,
    migrations: [],
    open: (project) => {
      const workers = new Opened(runtime, project)
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
  workers: Opened,
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

/** Workers and all they need are loaded with the first call. */
class Opened {
  readonly #runtime: FunctionsRuntime
  readonly #project: Project
  #workers: Promise<Workers> | null = null
  #loaded: Workers | null = null

  constructor(runtime: FunctionsRuntime, project: Project) {
    this.#runtime = runtime
    this.#project = project
  }

  get size(): number {
    return this.#loaded?.size ?? 0
  }

  async pool(): Promise<WorkerPool> {
    this.#workers ??= this.#load()
    return (await this.#workers).pool()
  }

  async close(): Promise<void> {
    await (await this.#workers)?.close()
  }

  async #load(): Promise<Workers> {
    const { Workers: Loaded } = await import('./workers.ts')
    this.#loaded = new Loaded(this.#runtime, this.#project)
    return this.#loaded
  }
}

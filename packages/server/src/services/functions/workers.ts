/** The workers of a project, and what they reach through. */
import { existsSync } from 'node:fs'
import type { Project } from '#base/service'
import { limitsOf } from '#services/functions/core'
import type { RunnableFunction } from '#services/functions/core'
import { DenoWorker, WorkerPool } from '#services/functions/worker'
import type { FunctionWorker } from '#services/functions/worker'
import { WasmWorker } from '#services/functions/wasm'
import { environmentOf, publicEnvironmentOf } from './environment.ts'
import type { FunctionsRuntime } from './functions-runtime.ts'
import { openBridges } from './open-bridges.ts'
import type { Bridges } from './open-bridges.ts'

export class Workers {
  readonly #runtime: FunctionsRuntime
  readonly #project: Project
  #opened: Promise<WorkerPool> | null = null
  #bridges: Promise<Bridges> | null = null
  #pool: WorkerPool | null = null

  constructor(runtime: FunctionsRuntime, project: Project) {
    this.#runtime = runtime
    this.#project = project
  }

  get size(): number {
    return this.#pool?.size ?? 0
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
    this.#pool = new WorkerPool({
      limits: limitsOf(config),
      start: async (fn) => this.#start(fn, await this.#reach()),
      oneshot: config['edge_runtime.policy'] === 'oneshot',
      now: () => clock.now(),
    })
    return this.#pool
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

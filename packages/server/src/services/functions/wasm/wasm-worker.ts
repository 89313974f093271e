/** Runs a WASM function: its module compiled once, each call in a fresh instance, in threads that are ended at the deadline. */
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { HttpResponse } from '#base/http'
import type { Upgrade } from '#base/service'
import { FunctionFault } from '#services/functions/core'
import type { FunctionLogs, Limits, RunnableFunction } from '#services/functions/core'
import { CallFailure } from '#services/functions/core'
import type { FunctionWorker, WorkerCall } from '#services/functions/worker'
import { capMemory } from './cap-memory.ts'
import { readManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'
import { readAnswer, requestText } from './wasm-messages.ts'
import { webAssembly } from './web-assembly.ts'
import type { WasmModule } from './web-assembly.ts'
import { startThread } from './wasi-thread.ts'
import type { ThreadAnswer, ThreadCall } from './wasi-thread.ts'

export interface WasmOptions {
  readonly fn: RunnableFunction
  readonly limits: Limits
  readonly logs: FunctionLogs
  readonly now: () => number
}

const maxThreads = Math.min(4, availableParallelism())
/** WASM functions have their request whole. */
const maxBodyBytes = 16 * 1024 * 1024

export class WasmWorker implements FunctionWorker {
  active = 0
  idleSinceMs: number
  isUsable = true
  onEnd: () => void = () => {}
  readonly fn: RunnableFunction
  readonly #options: WasmOptions
  readonly #manifest: Manifest
  readonly #module: WasmModule
  readonly #variables: readonly string[]
  readonly #idle: Worker[] = []
  readonly #waiting: (() => void)[] = []
  #threads = 0

  /** @throws CallFailure `boot` of what is no module, or wants what is not there */
  static async start(options: WasmOptions): Promise<WasmWorker> {
    try {
      const manifest = readManifest(options.fn, options.limits)
      const bytes = capMemory(await readFile(manifest.modulePath), manifest.memoryBytes)
      const module = await webAssembly.compile(bytes)
      if (
        !webAssembly.Module.exports(module).some(
          ({ name, kind }) => name === '_start' && kind === 'function',
        )
      )
        throw new FunctionFault('The WASM module exports no _start: it is to be a WASI command')
      return new WasmWorker(options, manifest, module)
    } catch (error) {
      const where = error instanceof FunctionFault ? error.where : null
      throw new CallFailure('boot', error instanceof Error ? error.message : String(error), where)
    }
  }

  private constructor(options: WasmOptions, manifest: Manifest, module: WasmModule) {
    this.fn = options.fn
    this.#options = options
    this.#manifest = manifest
    this.#module = module
    this.idleSinceMs = options.now()
    this.#variables = Object.entries({ ...options.fn.env, ...manifest.environment }).map(
      ([name, value]) => `${name}=${value}`,
    )
  }

  get isBusy(): boolean {
    return this.active > 0
  }

  retire(): void {
    this.isUsable = false
  }

  watch(): void {}

  async stop(): Promise<void> {
    this.isUsable = false
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()))
  }

  upgrade(): Promise<Upgrade> {
    return Promise.reject(new CallFailure('no websocket', 'a WASM function answers once'))
  }

  async call(call: WorkerCall): Promise<HttpResponse> {
    this.active++
    try {
      const stdin = await requestText(
        call,
        Math.min(maxBodyBytes, this.#options.limits.requestBytes),
      )
      const answer = await this.#withThread((thread) =>
        this.#run(thread, { stdin, variables: this.#variables }),
      )
      this.#say(answer.stderr, call.request)
      return readAnswer(answer)
    } finally {
      this.active--
      this.idleSinceMs = this.#options.now()
      this.onEnd()
    }
  }

  /** One call at a time in a thread. */
  async #withThread(work: (thread: Worker) => Promise<ThreadAnswer>): Promise<ThreadAnswer> {
    while (this.#idle.length === 0 && this.#threads >= maxThreads)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const thread = this.#idle.pop() ?? this.#start()
    try {
      const answer = await work(thread)
      if (this.isUsable) this.#idle.push(thread)
      else void thread.terminate()
      return answer
    } finally {
      this.#waiting.shift()?.()
    }
  }

  #start(): Worker {
    this.#threads++
    const thread = startThread(this.#module)
    thread.once('exit', () => {
      this.#threads--
      const at = this.#idle.indexOf(thread)
      if (at !== -1) this.#idle.splice(at, 1)
      this.#waiting.shift()?.()
    })
    thread.on('error', () => {})
    return thread
  }

  #run(thread: Worker, call: ThreadCall): Promise<ThreadAnswer> {
    const { timeoutMs, memoryBytes } = this.#manifest
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        end()
        void thread.terminate()
        reject(new CallFailure('limit', `CPU time: ${timeoutMs} ms for a call`))
      }, timeoutMs)
      const onMessage = (answer: ThreadAnswer): void => {
        end()
        resolve(answer)
      }
      const onError = (error: Error & { readonly code?: string }): void => {
        end()
        const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        reject(
          new CallFailure(
            isMemory ? 'limit' : 'fault',
            isMemory ? `memory: ${memoryBytes} bytes` : error.message,
          ),
        )
      }
      const onExit = (): void => {
        end()
        reject(new CallFailure('gone', 'The thread ended'))
      }
      const end = (): void => {
        clearTimeout(late)
        thread.off('message', onMessage)
        thread.off('error', onError)
        thread.off('exit', onExit)
      }
      thread.on('message', onMessage)
      thread.on('error', onError)
      thread.on('exit', onExit)
      thread.postMessage(call)
    })
  }

  #say(stderr: string, { requestId = null }: { readonly requestId?: string | null }): void {
    if (stderr === '') return
    const { logs, now, fn } = this.#options
    const { slug, version } = fn
    for (const message of stderr.trimEnd().split('\n').slice(0, 1000))
      logs.append({
        timeMs: now(),
        slug,
        version,
        requestId,
        level: 'info',
        kind: 'console',
        message,
      })
  }
}

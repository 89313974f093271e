/** One Deno process that runs one version of a function: started, called, watched, stopped. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { HttpResponse } from '#base/http'
import type { Upgrade } from '#base/service'
import type { FunctionLogs, Limits, LogLevel, RunnableFunction } from '#services/functions/core'
import { removeFolder, spawnDeno } from '#services/functions/deno'
import type { DenoHost } from '#services/functions/deno'
import { CacheBound } from './cache-bound.ts'
import { CallFailure } from '#services/functions/core'
import type { FunctionWorker, StopReason } from './function-worker.ts'
import { bridgeName, permissionFlags } from './permissions.ts'
import type { Reach } from './permissions.ts'
import type { Bridge } from './relay.ts'
import { readReports } from './report-lines.ts'
import type { WorkerReport } from './report-lines.ts'
import { installRuntime } from './runtime-files.ts'
import { callWebSocket } from './web-socket-call.ts'
import { WorkerBudget } from './worker-budget.ts'
import { WorkerClient } from './worker-client.ts'
import type { WorkerCall } from './worker-client.ts'
import { makeFolder } from './worker-folder.ts'

export interface WorkerOptions {
  readonly fn: RunnableFunction
  readonly limits: Limits
  readonly reach: Reach
  readonly host: DenoHost
  readonly bridges: readonly Bridge[]
  /** What URLs of requests begin with. */
  readonly origin: string
  readonly logs: FunctionLogs
  readonly now: () => number
}

const megabyte = 1024 * 1024
/** Of a process that does nothing: the rest of its memory is the heap's. */
const processBytes = 64 * megabyte
const minHeapBytes = 32 * megabyte
/** Between the word that it stops and the end. */
const graceMs = 2000
/** How long after a connection broke the process may take to say why. */
const lastWordsMs = 1000
const retireCpuMs = 300_000
/** Until it is ready nothing else looks at its memory. */
const bootWatchMs = 50

export class DenoWorker implements FunctionWorker {
  /** Calls under way. */
  active = 0
  /** When the last one ended. */
  idleSinceMs: number
  onEnd: () => void = () => {}
  readonly fn: RunnableFunction
  readonly #options: WorkerOptions
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #socket: string
  readonly #budget: WorkerBudget
  readonly #cache: CacheBound
  readonly #clearings: number
  readonly #exited: Promise<void>
  #client: WorkerClient | null = null
  #pending = false
  #ending: CallFailure | null = null
  #hasExited = false
  #isRetired = false
  /** Said on stderr: believed when the process has ended. */
  #isHeapFull = false
  #onReady: () => void = () => {}

  /** Resolves when it can be called. @throws CallFailure `boot` of code that does not load, `limit` of what takes too much */
  static async start(options: WorkerOptions): Promise<DenoWorker> {
    const worker = new DenoWorker(options)
    try {
      await worker.#boot()
    } catch (error) {
      if (error instanceof CallFailure && error.kind === 'fault')
        throw new CallFailure('boot', error.message, error.where)
      throw error
    }
    return worker
  }

  private constructor(options: WorkerOptions) {
    const { fn, host, limits, reach, bridges } = options
    this.fn = fn
    this.#options = options
    this.#folder = makeFolder(host)
    this.#socket = join(this.#folder, 's')
    const tmp = join(this.#folder, 'tmp')
    const folders = {
      code: fn.folder,
      tmp,
      sockets: [
        this.#socket,
        ...bridges.flatMap(({ path, httpPath }) => (httpPath === null ? path : [path, httpPath])),
      ],
    }
    const heap = Math.max(minHeapBytes, limits.memoryBytes - processBytes)
    this.#child = spawnDeno(
      host,
      [
        'run',
        '--config',
        join(fn.folder, 'deno.json'),
        `--v8-flags=--max-old-space-size=${Math.round(heap / megabyte)}`,
        ...permissionFlags(reach, folders),
        installRuntime(host.folder),
      ],
      { cwd: fn.folder, maxFileBytes: limits.tmpBytes },
    )
    this.#budget = new WorkerBudget(this.#child.pid ?? 0, tmp, limits, () => this.#write('ping'))
    this.#cache = CacheBound.of(host)
    this.#clearings = this.#cache.clearings
    this.#exited = this.#follow()
    this.idleSinceMs = options.now()
    this.#write(
      JSON.stringify({
        slug: fn.slug,
        sourceUrl: `${pathToFileURL(join(fn.folder, 'source')).href}/`,
        entrypoint: fn.entrypoint,
        socket: this.#socket,
        origin: options.origin,
        bridges,
        bridgeName,
        tmp,
        env: fn.env,
      }),
    )
  }

  /** May take further calls. */
  get isUsable(): boolean {
    if (this.#clearings !== this.#cache.clearings) return false
    return !this.#isRetired && this.#ending === null && this.#budget.cpuMs < retireCpuMs
  }

  retire(): void {
    this.#isRetired = true
  }

  get isBusy(): boolean {
    return this.active > 0 || this.#pending
  }

  /** @throws CallFailure, or what the caller's own request failed with */
  call(call: WorkerCall): Promise<HttpResponse> {
    return this.#run((client, onEnd) => client.call(call, onEnd))
  }

  /** @throws CallFailure */
  upgrade(call: WorkerCall): Promise<Upgrade> {
    const { limits } = this.#options
    return this.#run((_, onEnd) => callWebSocket(this.#socket, call, limits, onEnd))
  }

  /** Looks at what it uses; to be called often. */
  watch(nowMs: number): void {
    this.#client?.watch(nowMs)
    this.#cache.watch(nowMs)
    if (this.#hasExited) return
    const exceeded = this.#budget.check({ active: this.active, pending: this.#pending }, nowMs)
    if (exceeded !== null) this.#kill(new CallFailure('limit', exceeded))
  }

  /** Says so to the function first; `reason` as in Supabase's `beforeunload`. Resolves when the process is gone. */
  async stop(reason: StopReason): Promise<void> {
    this.#ending ??= new CallFailure('gone', 'The worker was stopped')
    this.#write(`stop ${reason}`)
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await this.#exited
    clearTimeout(kill)
  }

  async #run<T>(work: (client: WorkerClient, onEnd: () => void) => Promise<T>): Promise<T> {
    this.active++
    this.#budget.begin()
    let hasEnded = false
    const onEnd = (): void => {
      if (hasEnded) return
      hasEnded = true
      this.active--
      this.idleSinceMs = this.#options.now()
      this.onEnd()
    }
    try {
      return await work(this.#client as WorkerClient, onEnd)
    } catch (error) {
      onEnd()
      throw await this.#explain(error)
    }
  }

  /** A connection that broke has its reason in how the process ended. */
  async #explain(error: unknown): Promise<unknown> {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'UND_ERR_HEADERS_TIMEOUT')
      return new CallFailure(
        'timeout',
        `no answer within ${this.#options.limits.responseMs / 1000} s`,
      )
    if (code === 'ENOENT' || code === 'ECONNREFUSED') this.retire()
    // undici's own, Node's parser's, the socket's
    if (!/^(UND_ERR_|HPE_|ECONN|EPIPE|ENOENT)/.test(code)) return error
    await Promise.race([
      this.#exited,
      new Promise((resolve) => setTimeout(resolve, lastWordsMs).unref()),
    ])
    if (this.#ending !== null) return this.#ending
    return new CallFailure('fault', `Its answer could not be read: ${String(error)}`)
  }

  async #boot(): Promise<void> {
    const { limits } = this.#options
    const ready = new Promise<void>((resolve) => (this.#onReady = resolve))
    const seconds = limits.bootMs / 1000
    const late = new CallFailure('limit', `time: it was not ready within ${seconds} s`)
    const timer = setTimeout(() => this.#kill(late), limits.bootMs)
    const watching = setInterval(() => {
      const exceeded = this.#budget.checkMemory()
      if (exceeded !== null) this.#kill(new CallFailure('limit', exceeded))
    }, bootWatchMs)
    try {
      await Promise.race([ready, this.#exited])
      if (this.#ending !== null) throw this.#ending
      this.#client = await WorkerClient.open(this.#socket, limits, this.#options.now)
    } finally {
      clearTimeout(timer)
      clearInterval(watching)
    }
  }

  /** Resolves when the process is gone and all it said was heard. */
  #follow(): Promise<void> {
    const child = this.#child
    if (child.stdout !== null) readReports(child.stdout, (report) => this.#hear(report))
    if (child.stderr !== null)
      readReports(child.stderr, (report) => {
        if (report.kind !== 'log') return
        if (/out of memory/i.test(report.text)) this.#isHeapFull = true
        this.#say('warn', report.text, null)
      })
    child.stdin?.on('error', () => {})
    return new Promise((resolve) => {
      const end = (why: string): void => {
        if (this.#hasExited) return
        this.#hasExited = true
        this.#ending ??= this.#isHeapFull
          ? new CallFailure('limit', 'memory: the heap is full')
          : new CallFailure('fault', why)
        void removeFolder(this.#folder).catch(() => {})
        void this.#client?.close()
        resolve()
      }
      child.once('error', (error) => end(`Deno could not be started: ${error.message}`))
      child.once('close', (code, signal) =>
        end(`The process ended by itself (${signal ?? `code ${code}`})`),
      )
    })
  }

  #hear(report: WorkerReport): void {
    if (report.kind === 'ready') this.#onReady()
    else if (report.kind === 'pong') this.#budget.pong()
    else if (report.kind === 'pending') this.#pending = report.pending
    else if (report.kind === 'log') this.#say(report.level, report.text, report.request)
    else if (report.kind === 'fault') {
      this.#ending ??= new CallFailure('fault', report.text, report.where)
      this.#say('error', report.text, report.request)
      // it ends by itself, unless the function itself wrote the line
      this.#child.kill('SIGKILL')
    }
  }

  #say(
    level: LogLevel,
    message: string,
    requestId: string | null,
    kind: 'console' | 'worker' = 'console',
  ): void {
    const { logs, now, fn } = this.#options
    const { slug, version } = fn
    logs.append({ timeMs: now(), slug, version, requestId, level, kind, message })
  }

  #kill(ending: CallFailure): void {
    this.#ending ??= ending
    this.#say('error', `The worker was stopped: ${ending.message}`, null, 'worker')
    this.#child.kill('SIGKILL')
  }

  #write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }
}

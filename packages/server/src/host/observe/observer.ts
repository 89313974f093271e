/** Follows requests through services, statements and stores: for traces, and for the log of slow ones. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { BlobStore } from '#base/blob'
import type { Config } from '#base/config'
import type { Database } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import { maskText } from '#base/kernel'
import type { Random } from '#base/kernel'
import type { Following, StepOptions } from '#base/service'
import type { SpanExport } from '#host/observe/export'
import { observeBlobs } from './observed-blobs.ts'
import { observeDatabase } from './observed-database.ts'
import { RequestRecord, newTraceId, nowMs } from './request-record.ts'
import type { Step } from './request-record.ts'
import type { Answered, SlowRequests } from './slow-requests.ts'
import { parseTraceParent } from './trace-parent.ts'
import type { TraceParent } from './trace-parent.ts'

/** What the gateway knows of a request, at its end. */
export interface Followed {
  readonly requestId: string
  readonly route: string
  readonly userId: string | null
  readonly project: string
}

export interface RequestObserver {
  /** Answers the request, and tells of it what is asked for. */
  follow(
    request: HttpRequest,
    answer: (following: Following | null) => Promise<HttpResponse>,
    followed: () => Followed,
  ): Promise<HttpResponse>
  database(db: Database): Database
  blobs(store: BlobStore): BlobStore
  /** Sends what is left. */
  close(): Promise<void>
}

export interface ObserverOptions {
  readonly config: Config
  readonly random: Random
  /** Null where nothing is traced. */
  readonly traces: SpanExport | null
  /** Null where none is logged. */
  readonly slow: SlowRequests | null
}

export class Observer implements RequestObserver {
  readonly #options: ObserverOptions
  readonly #steps = new AsyncLocalStorage<Step>()
  readonly #rate: number
  readonly #maxPerSecond: number
  #second = 0
  #inSecond = 0

  constructor(options: ObserverOptions) {
    this.#options = options
    this.#rate = options.config['basalt.observability.tracing.sample_rate']
    this.#maxPerSecond = options.config['basalt.observability.tracing.max_per_second']
  }

  follow(
    request: HttpRequest,
    answer: (following: Following | null) => Promise<HttpResponse>,
    followed: () => Followed,
  ): Promise<HttpResponse> {
    const { traces, slow, random } = this.#options
    const parent = traces === null ? null : parseTraceParent(request.headers['traceparent'])
    const isTraced = traces !== null && this.#isSampled(parent)
    if (!isTraced && slow === null) return answer(null)
    const traceId = isTraced ? (parent?.traceId ?? newTraceId(random)) : null
    const root = new RequestRecord(traceId, random).begin()
    return this.#followed(request, root, parent, answer, followed)
  }

  async #followed(
    request: HttpRequest,
    root: Step,
    parent: TraceParent | null,
    answer: (following: Following) => Promise<HttpResponse>,
    followed: () => Followed,
  ): Promise<HttpResponse> {
    const startMs = nowMs()
    const response = await this.#steps.run(root, () => answer(this.#following(root)))
    const { record } = root
    const { method, path } = request
    const { route, project, requestId, userId } = followed()
    const { status } = response
    const answered: Answered = {
      method,
      path: maskText(path),
      status,
      ms: nowMs() - startMs,
      project,
      requestId,
      userId,
    }
    record.end(
      root,
      parent?.spanId ?? null,
      `${method} ${route}`,
      startMs,
      { kind: 'server', attributes: attributesOf(answered, route) },
      status >= 500 ? { code: String(status) } : null,
    )
    record.isOver = true
    if (record.traceId !== null) this.#options.traces?.add(record.spans)
    this.#options.slow?.see(record, answered)
    return response
  }

  #following(root: Step): Following {
    const { record } = root
    return {
      within: (name, work, options = {}) => this.#within(name, work, options),
      headersOf: (headers) => {
        const traceparent = record.traceParentOf(this.#steps.getStore() ?? root)
        return traceparent === null ? headers : { ...headers, traceparent }
      },
    }
  }

  async #within<T>(name: string, work: () => Promise<T>, options: StepOptions): Promise<T> {
    const parent = this.#steps.getStore()
    if (parent === undefined || parent.record.isOver) return work()
    const { record } = parent
    const step = record.begin()
    const startMs = nowMs()
    try {
      const result = await this.#steps.run(step, work)
      record.end(step, parent.spanId, name, startMs, options)
      return result
    } catch (error) {
      record.end(step, parent.spanId, name, startMs, options, error)
      throw error
    }
  }

  /** A caller's wish counts, within what is bearable: he may be anybody. */
  #isSampled(parent: TraceParent | null): boolean {
    if (parent?.isSampled !== true && fractionOf(this.#options.random) >= this.#rate) return false
    const second = Math.trunc(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond = 0
    }
    return this.#inSecond++ < this.#maxPerSecond
  }

  database(db: Database): Database {
    const hasComments = this.#options.config['basalt.observability.tracing.sql_comments']
    return observeDatabase({ db, steps: this.#steps, hasComments })
  }

  blobs(store: BlobStore): BlobStore {
    return observeBlobs(store, (name, work) => this.#within(name, work, { kind: 'client' }))
  }

  async close(): Promise<void> {
    await this.#options.traces?.close()
  }
}

/** 0 to 1. */
function fractionOf(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  return (a * 65_536 + b * 256 + c) / 16_777_216
}

function attributesOf(
  { method, path, status, project, requestId }: Answered,
  route: string,
): Record<string, string | number> {
  return {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    'url.path': path.slice(0, 2_000),
    'basalt.project': project,
    'basalt.request_id': requestId,
  }
}

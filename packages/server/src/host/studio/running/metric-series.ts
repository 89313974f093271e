/** What a project did in the last hour, in steps of five seconds. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { IntervalHistogram } from 'node:perf_hooks'
import type { PoolCounts, RunningProject, WatchedRequest } from '#base/service'

export const stepMs = 5_000
const maxSteps = 720
/** Of one step: more of them are counted, and their times left out. */
const maxDurations = 2_000

export interface MetricStep {
  /** Its end, Unix milliseconds. */
  readonly atMs: number
  /** 2xx and 3xx, 4xx, 5xx. */
  readonly ok: number
  readonly refused: number
  readonly failed: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly pools: readonly PoolCounts[]
  readonly sockets: number
  /** Of the process. */
  readonly memory: number
  /** 99th percentile, ms. */
  readonly loopDelay: number
}

export class MetricSeries {
  readonly #running: RunningProject
  readonly #loop: IntervalHistogram
  readonly steps: MetricStep[] = []
  #durations: number[] = []
  #counts = { ok: 0, refused: 0, failed: 0 }

  constructor(running: RunningProject) {
    this.#running = running
    this.#loop = monitorEventLoopDelay({ resolution: 20 })
    this.#loop.enable()
  }

  add({ status, ms }: WatchedRequest): void {
    if (status >= 500) this.#counts.failed++
    else if (status >= 400) this.#counts.refused++
    else this.#counts.ok++
    // the answer to a handshake comes when its socket ends
    if (status !== 101 && this.#durations.length < maxDurations) this.#durations.push(ms)
  }

  endStep(atMs: number): void {
    const sorted = this.#durations.toSorted((a, b) => a - b)
    const at = (part: number): number | null =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null
    this.steps.push({
      atMs,
      ...this.#counts,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      pools: this.#running.pools(),
      sockets: this.#running.sockets(),
      memory: process.memoryUsage.rss(),
      loopDelay: Math.round(this.#loop.percentile(99) / 10_000) / 100,
    })
    if (this.steps.length > maxSteps) this.steps.shift()
    this.#durations = []
    this.#counts = { ok: 0, refused: 0, failed: 0 }
    this.#loop.reset()
  }

  close(): void {
    this.#loop.disable()
  }
}

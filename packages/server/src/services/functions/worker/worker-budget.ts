/** What a worker has used of what its calls may take: memory, CPU time, time, room in /tmp. */
import type { Limits } from '#services/functions/core'
import { bytesBelow, usageOf } from './process-usage.ts'

export interface Work {
  readonly active: number
  readonly pending: boolean
}

/** How often /tmp is counted. */
const tmpEveryMs = 1000

export class WorkerBudget {
  readonly #pid: number
  readonly #tmp: string
  readonly #limits: Limits
  readonly #ping: () => void
  #cpuMs = 0
  /** CPU time at the beginning of the present run of calls, and how many there were. */
  #runCpuMs = 0
  #runCalls = 0
  #wasBusy = false
  #pingCpuMs: number | null = null
  #pongCpuMs = 0
  #pendingSinceMs: number | null = null
  #tmpAtMs = 0
  #isTmpFull = false

  constructor(pid: number, tmp: string, limits: Limits, ping: () => void) {
    this.#pid = pid
    this.#tmp = tmp
    this.#limits = limits
    this.#ping = ping
  }

  /** Of the whole life of the process. */
  get cpuMs(): number {
    return this.#cpuMs
  }

  begin(): void {
    this.#runCalls++
  }

  pong(): void {
    this.#pingCpuMs = null
    this.#pongCpuMs = this.#cpuMs
  }

  /** What has been exceeded, in words; null while all is well. */
  check(work: Work, nowMs: number): string | null {
    return (
      this.checkMemory() ??
      this.#checkCpu(work) ??
      this.#checkTime(work, nowMs) ??
      this.#checkTmp(nowMs, this.#limits.tmpBytes)
    )
  }

  /** Memory alone: what a start takes of CPU time is not a call's. */
  checkMemory(): string | null {
    const usage = usageOf(this.#pid)
    if (usage === null) return null
    this.#cpuMs = usage.cpuMs
    const { memoryBytes } = this.#limits
    if (usage.residentBytes <= memoryBytes) return null
    return `memory: ${megabytes(usage.residentBytes)} of ${megabytes(memoryBytes)}`
  }

  /** Calls at the same time share a process: together they have what each may take, and none may keep it from answering. */
  #checkCpu({ active, pending }: Work): string | null {
    const { cpuMs: limit } = this.#limits
    const isBusy = active > 0 || pending
    if (isBusy !== this.#wasBusy) {
      this.#wasBusy = isBusy
      this.#runCpuMs = this.#cpuMs
      this.#runCalls = active
    }
    const used = this.#cpuMs - this.#runCpuMs
    if (used > limit * Math.max(1, this.#runCalls)) return `CPU time: ${limit} ms for a call`
    if (this.#pingCpuMs === null) {
      if (this.#cpuMs - this.#pongCpuMs < limit / 4) return null
      this.#pingCpuMs = this.#cpuMs
      this.#ping()
      return null
    }
    return this.#cpuMs - this.#pingCpuMs > limit ? `CPU time: ${limit} ms without a pause` : null
  }

  #checkTime({ pending }: Work, nowMs: number): string | null {
    const { wallMs } = this.#limits
    if (!pending) this.#pendingSinceMs = null
    else this.#pendingSinceMs ??= nowMs
    if (this.#pendingSinceMs === null || nowMs - this.#pendingSinceMs < wallMs) return null
    return `time: what waitUntil waits for took more than ${wallMs / 1000} s`
  }

  #checkTmp(nowMs: number, limit: number): string | null {
    if (this.#isTmpFull) return `/tmp: ${megabytes(limit)}`
    if (nowMs - this.#tmpAtMs < tmpEveryMs) return null
    // until it has been counted
    this.#tmpAtMs = Infinity
    void bytesBelow(this.#tmp, limit).then((bytes) => {
      this.#isTmpFull = bytes > limit
      this.#tmpAtMs = nowMs
    })
    return null
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}

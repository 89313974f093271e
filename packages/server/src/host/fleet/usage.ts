/** How much each project was used on this node, written to the control database now and then. */
import type { ProjectDirectory, ProjectUsage } from '#host/control-plane'
import type { Clock, Log } from '#base/kernel'

export interface UsageOptions {
  readonly directory: Pick<ProjectDirectory, 'addUsage'>
  readonly clock: Clock
  readonly log: Log
}

/** What a node that is killed does not write. */
const everyMs = 10_000
const hourMs = 3_600_000
/** While the control database is away: of so many projects and hours together, then no more. */
const maxKept = 10_000

interface Count {
  requests: number
  errors: number
  durationMs: number
}

export class Usage {
  readonly #options: UsageOptions
  readonly #timer: NodeJS.Timeout
  /** Of the present hour. */
  #counts = new Map<string, Count>()
  #hourMs: number
  /** Of hours that are over, and what could not be written. */
  #kept: ProjectUsage[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(options: UsageOptions) {
    this.#options = options
    this.#hourMs = hourOf(options.clock.now())
    this.#timer = setInterval(() => void this.#write(), everyMs)
    this.#timer.unref()
  }

  add(ref: string, status: number, durationMs: number): void {
    let count = this.#counts.get(ref)
    if (count === undefined) {
      count = { requests: 0, errors: 0, durationMs: 0 }
      this.#counts.set(ref, count)
    }
    count.requests++
    if (status >= 500) count.errors++
    count.durationMs += durationMs
  }

  /** Writes what there is. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#write()
  }

  #write(): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#writeNow()))
  }

  async #writeNow(): Promise<void> {
    const counted = [...this.#counts].map(([ref, count]): ProjectUsage => ({
      ref,
      hourMs: this.#hourMs,
      ...count,
    }))
    this.#counts = new Map()
    this.#hourMs = hourOf(this.#options.clock.now())
    const usage = [...this.#kept, ...counted]
    this.#kept = []
    if (usage.length === 0) return
    try {
      await this.#options.directory.addUsage(usage)
    } catch (error) {
      this.#kept = usage.slice(-maxKept)
      this.#options.log.warn('the usage of projects could not be written; it is kept for now', {
        error: String(error),
        dropped: usage.length - this.#kept.length,
      })
    }
  }
}

function hourOf(ms: number): number {
  return ms - (ms % hourMs)
}

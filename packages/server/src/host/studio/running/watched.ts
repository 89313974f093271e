/** Projects somebody looks at: their requests and counts are kept from the first look until nobody has looked for a while. */
import type { Call } from '#host/control-plane/route'
import { apiErrors, liveRecord } from '#host/control-plane/route'
import type { RequestWatcher, RunningProject, WatchedRequest } from '#base/service'
import { MetricSeries, stepMs } from './metric-series.ts'
import { RequestRing } from './request-ring.ts'

const unusedMs = 15 * 60_000
const maxLimited = 5_000

export class Watched implements RequestWatcher {
  readonly requests = new RequestRing()
  readonly series: MetricSeries
  /** Those over a limit (429), the oldest first: no flood of other requests pushes them out. */
  readonly limited: { readonly atMs: number; readonly userId: string | null }[] = []
  readonly sinceMs: number
  readonly #timer: NodeJS.Timeout
  #lookedAt = performance.now()

  constructor(running: RunningProject, nowMs: () => number) {
    this.series = new MetricSeries(running)
    this.sinceMs = nowMs()
    this.#timer = setInterval(() => {
      this.series.endStep(nowMs())
      if (performance.now() - this.#lookedAt > unusedMs) this.#end(running)
    }, stepMs)
    this.#timer.unref()
    running.watcher = this
  }

  look(): void {
    this.#lookedAt = performance.now()
  }

  observe(request: WatchedRequest): void {
    this.requests.add(request)
    this.series.add(request)
    if (request.status !== 429) return
    this.limited.push({ atMs: request.atMs, userId: request.userId })
    if (this.limited.length > maxLimited) this.limited.splice(0, maxLimited / 10)
  }

  #end(running: RunningProject): void {
    clearInterval(this.#timer)
    this.series.close()
    if (running.watcher === this) running.watcher = null
  }
}

export function watchOf(running: RunningProject, nowMs: () => number): Watched {
  const { watcher } = running
  const watched = watcher instanceof Watched ? watcher : new Watched(running, nowMs)
  watched.look()
  return watched
}

/** The project of a request, watched from now on; null where it is not open on this node. @throws control_no_node */
export async function watchedOf(call: Call): Promise<Watched | null> {
  const { access, ref, parts } = call
  if (access === null) throw apiErrors.control_no_node()
  await liveRecord(call)
  const running = access.running(ref)
  return running === null ? null : watchOf(running, () => parts.clock.now())
}

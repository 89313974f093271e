/** A project as it runs, for who looks on. Where nobody does, a request costs a comparison. */

/** What a request did after what, for as long as it was watched. */
export class RequestSteps {
  readonly list: { readonly name: string; readonly ms: number }[] = []
  #at = performance.now()

  /** Ends the step that began where the last one ended. */
  end(name: string): void {
    const now = performance.now()
    if (this.list.length < maxSteps) this.list.push({ name, ms: now - this.#at })
    this.#at = now
  }
}

const maxSteps = 40

export interface WatchedRequest {
  readonly id: string
  /** Unix milliseconds, when it came. */
  readonly atMs: number
  readonly method: string
  readonly path: string
  readonly query: string
  readonly status: number
  readonly ms: number
  /** `/rest/v1`, or `gateway`. */
  readonly route: string
  readonly userId: string | null
  /** Empty for calls inside the process. */
  readonly address: string
  readonly userAgent: string
  readonly steps: RequestSteps['list']
}

export interface RequestWatcher {
  observe(request: WatchedRequest): void
}

/** One project on this node, while it is open. */
export interface RunningProject {
  watcher: RequestWatcher | null
  /** Connections to its database, by login. */
  pools(): readonly PoolCounts[]
  /** WebSockets that are open. */
  sockets(): number
  /** Who listens to what on this node now. */
  realtime(): RealtimeNow
}

export interface RealtimeNow {
  readonly connections: number
  /** Connections with a channel. */
  readonly users: number
  readonly channels: number
  /** Closed because they did not read. */
  readonly dropped: number
  readonly changesSent: number
  /** Of the log of changes, written and not yet passed on. */
  readonly lagBytes: number
  /** At most 200, those with most listeners first. */
  readonly topics: readonly {
    readonly topic: string
    readonly private: boolean
    readonly listeners: number
  }[]
}

export interface PoolCounts {
  readonly name: string
  readonly active: number
  readonly idle: number
  readonly waiting: number
  readonly max: number
}

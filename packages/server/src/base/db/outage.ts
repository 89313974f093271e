/** While no connection can be had: who waits for it, who is refused at once, and how long the server is looked for. */
import { markTold } from '#base/kernel'
import { ConnectionError, isTransient } from './errors.ts'

const firstRetryMs = 50
const maxRetryMs = 1_000
/** A server that is away is looked for so long after the last request. */
const lookForMs = 30_000

/** Who tells people of it: then requests that fail for it need not. */
export interface OutageEvents {
  /** A connection could not be made, again and again. */
  onFailure(this: void, reason: ConnectionError): void
  /** One could be made again. */
  onEnd(this: void): void
}

interface Down {
  readonly since: number
  readonly reason: ConnectionError
  /** Those that have waited so long are failed. */
  readonly patienceMs: number
  readonly retryMs: number
}

export class Outage {
  readonly #connectPatienceMs: number
  readonly #events: OutageEvents | null
  /** Null while connections can be had, or nobody tried. */
  #down: Down | null = null
  #wantedAt = 0

  /** How long requests wait out a server that cannot be reached. */
  constructor(connectPatienceMs: number, events: OutageEvents | null = null) {
    this.#connectPatienceMs = connectPatienceMs
    this.#events = events
  }

  /** Why a request is refused at once, for the server is away for longer than anybody waits; null where it may wait. */
  refusal(hasConnections: boolean): ConnectionError | null {
    const nowMs = performance.now()
    this.#wantedAt = nowMs
    if (this.#down === null || hasConnections) return null
    const { since, patienceMs, reason } = this.#down
    return nowMs - since > patienceMs ? reason : null
  }

  /** A connection that was asked for at `begunMs` could not be made. */
  failed(error: unknown, begunMs: number): Down {
    const message = error instanceof Error ? error.message : String(error)
    const reason = new ConnectionError('connect', message, error)
    this.#down = {
      since: this.#down?.since ?? begunMs,
      reason,
      // what is refused for good is not waited for
      patienceMs: isTransient(error) ? this.#connectPatienceMs : 0,
      retryMs: Math.min(this.#down === null ? firstRetryMs : this.#down.retryMs * 2, maxRetryMs),
    }
    if (this.#events !== null) {
      markTold(reason)
      this.#events.onFailure(reason)
    }
    return this.#down
  }

  end(): void {
    if (this.#down === null) return
    this.#down = null
    this.#events?.onEnd()
  }

  /** Nobody waits, but the next request should not have to be refused. */
  get isSought(): boolean {
    return this.#down !== null && performance.now() - this.#wantedAt < lookForMs
  }
}

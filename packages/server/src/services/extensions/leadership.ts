/** Being the one node that works: an advisory lock held by a session of its own, whose end ends the work at once. */
import { openSession } from '#base/db'
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { sql } from '#base/sql'

/** The two halves of the lock's key, 'basa' and 'jobs'; `net.basalt_worker_is_up()` looks for them. */
const lockKey = [0x62617361, 0x6a6f6273] as const

/** A node that waits asks this often; the one that works asks nothing. */
const retryMs = 5_000
const lostRetryMs = 100
const maxBackoffMs = 10_000

export interface Leadership {
  /** Whether the lock is still ours: asks the session that holds it. */
  confirm(): Promise<boolean>
  resign(): void
}

/**
 * Tries until it is the leader, then calls `onLead`; the signal given to it is aborted when the lock is lost, and the
 * trying begins again.
 */
export function seekLeadership(
  connection: ConnectionOptions,
  onLead: (signal: AbortSignal) => void,
): Leadership {
  const seeker = new Seeker(connection, onLead)
  void seeker.try()
  return { confirm: () => seeker.confirm(), resign: () => seeker.resign() }
}

class Seeker {
  readonly #connection: ConnectionOptions
  readonly #onLead: (signal: AbortSignal) => void
  #session: DedicatedSession | null = null
  #leading: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  #failures = 0
  #resigned = false

  constructor(connection: ConnectionOptions, onLead: (signal: AbortSignal) => void) {
    const applicationName = `${connection.applicationName} jobs`
    this.#connection = { ...connection, applicationName }
    this.#onLead = onLead
  }

  async try(): Promise<void> {
    try {
      const session = await openSession(this.#connection, () => this.#lost())
      if (this.#resigned) return session.close()
      this.#session = session
      const [row] = await session.rows<{ locked: boolean }>(
        sql`/* extensions.takeLock */ select pg_catalog.pg_try_advisory_lock(${lockKey[0]}::int4, ${lockKey[1]}::int4) as locked`,
      )
      if (this.#resigned) return
      this.#failures = 0
      if (row?.locked === true) this.#lead()
      else session.close()
    } catch {
      // the session's end, or that it could not begin: both are tried again
      this.#failures++
      this.#again(Math.min(lostRetryMs * 2 ** this.#failures, maxBackoffMs))
    }
  }

  async confirm(): Promise<boolean> {
    try {
      await this.#session?.rows(sql`/* extensions.confirmLock */ select 1 as one`)
      return this.#leading !== null
    } catch {
      return false
    }
  }

  resign(): void {
    this.#resigned = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#leading?.abort()
    this.#session?.close()
  }

  #lead(): void {
    this.#leading = new AbortController()
    this.#onLead(this.#leading.signal)
  }

  #lost(): void {
    this.#session = null
    // who had it and lost it need not wait for another to be done
    const delay = this.#leading === null ? retryMs : lostRetryMs
    this.#leading?.abort()
    this.#leading = null
    this.#again(delay)
  }

  #again(delayMs: number): void {
    if (this.#resigned || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.try()
    }, delayMs)
    this.#timer.unref()
  }
}

/** pg_net's queue: requests are claimed, sent, and their responses kept. A request leaves the queue with its response. */
import { DatabaseError, decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'
import type { JobCounts } from './job-counts.ts'
import { Retry } from './retry.ts'
import { runOwn } from './run-own.ts'
import type { QueuedRequest, RequestOutcome, Sender } from './send-request.ts'

export interface NetQueueOptions {
  readonly db: Database
  readonly sender: Sender
  readonly log: Log
  readonly counts: JobCounts
  /** Ends what is under way; the requests stay in the queue. */
  readonly signal: AbortSignal
}

export interface NetQueue {
  /** There may be something to send. */
  wake(): void
  /** Resolves when nothing is under way any more. */
  readonly idle: () => Promise<void>
}

/** `pg_net.batch_size` may ask for more: so many leave at a time. */
const maxInFlight = 200

interface ClaimedRow {
  readonly id: number
  readonly method: string
  readonly url: string
  readonly headers: Record<string, unknown> | null
  readonly body: string | null
  readonly timeout: number
}

const retryMs = 1_000
/** `setTimeout` takes no more. */
const maxTimerMs = 2 ** 31 - 1

export function openNetQueue(options: NetQueueOptions): NetQueue {
  const queue = new Queue(options)
  queue.wake()
  void queue.expire()
  return { wake: () => queue.wake(), idle: () => queue.idle() }
}

class Queue {
  readonly #options: NetQueueOptions
  readonly #retry: Retry
  readonly #inFlight = new Map<number, Promise<void>>()
  #outcomes: RequestOutcome[] = []
  #claiming: Promise<void> | null = null
  #flushing: Promise<void> | null = null
  /** Woken while claiming: what was committed since is not yet seen. */
  #again = false
  #expiryTimer: NodeJS.Timeout | null = null

  constructor(options: NetQueueOptions) {
    this.#options = options
    this.#retry = new Retry(options.signal)
    options.signal.addEventListener('abort', () => this.#stopExpiry(), { once: true })
  }

  wake(): void {
    if (this.#options.signal.aborted) return
    this.#again = true
    this.#claiming ??= this.#claimAll().finally(() => (this.#claiming = null))
  }

  async idle(): Promise<void> {
    await this.#claiming
    await Promise.all(this.#inFlight.values())
    await this.#flushing
  }

  async #claimAll(): Promise<void> {
    const { signal, log } = this.#options
    while (this.#again && !signal.aborted) {
      this.#again = false
      try {
        const rows = await this.#claim()
        this.#retry.succeeded()
        for (const row of rows) this.#start(row)
        // there may be more; with all places taken the next response wakes us
        if (rows.length > 0 && this.#inFlight.size < maxInFlight) this.#again = true
      } catch (error) {
        if (signal.aborted) return
        if (this.#retry.after(() => this.wake()))
          log.warn('pg_net: the queue cannot be read', { error: messageOf(error) })
      }
    }
  }

  /** Rows others hold (somebody deletes them) are passed by; those under way are known by their ids. */
  async #claim(): Promise<readonly ClaimedRow[]> {
    const inFlight = JSON.stringify([...this.#inFlight.keys()])
    const free = maxInFlight - this.#inFlight.size
    if (free <= 0) return []
    const results = await runOwn(
      this.#options.db,
      sql`/* extensions.claimRequests */
        select id, method::text as method, url, headers, encode(body, 'hex') as body, timeout_milliseconds as timeout
        from net.http_request_queue
        where id <> all (select value::int8 from jsonb_array_elements_text(${inFlight}::jsonb))
        order by id
        limit least(${free}::int4, greatest(1, coalesce(nullif(current_setting('pg_net.batch_size', true), '')::int4, 200)))
        for update skip locked`,
    )
    return decodeRows<ClaimedRow>(results[0] as Result)
  }

  #start(row: ClaimedRow): void {
    const { sender, signal } = this.#options
    const request: QueuedRequest = {
      id: row.id,
      method: row.method,
      url: row.url,
      headers: row.headers,
      body: row.body === null ? null : Buffer.from(row.body, 'hex'),
      timeoutMs: row.timeout,
    }
    const sending = sender.send(request, signal).then((outcome) => {
      if (outcome === null) return
      this.#options.counts.net[endOf(outcome)]++
      this.#outcomes.push(outcome)
      this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = null))
    })
    this.#inFlight.set(row.id, sending)
  }

  /** All that came while the last ones were written goes together. */
  async #flushAll(): Promise<void> {
    while (this.#outcomes.length > 0 && !this.#options.signal.aborted) {
      const outcomes = this.#outcomes
      this.#outcomes = []
      await this.#flushOnce(outcomes)
    }
    if (this.#expiryTimer === null) void this.expire()
  }

  async #flushOnce(outcomes: readonly RequestOutcome[]): Promise<void> {
    try {
      await this.#flush(outcomes)
    } catch (error) {
      this.#options.log.warn('pg_net: responses cannot be kept', { error: messageOf(error) })
      if (!(error instanceof DatabaseError)) {
        // Postgres is away: what has been answered is not sent again
        await new Promise((resolve) => setTimeout(resolve, retryMs))
        this.#outcomes.unshift(...outcomes)
        return
      }
      await this.#flush(outcomes.map((outcome) => refused(outcome, error))).catch(() => {})
    }
    for (const { id } of outcomes) this.#inFlight.delete(id)
    this.wake()
  }

  async #flush(outcomes: readonly RequestOutcome[]): Promise<void> {
    await runOwn(
      this.#options.db,
      sql`/* extensions.keepResponses */
        with outcome as (
          select * from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as given (
            id int8, status_code int4, content_type text, headers jsonb, content text, timed_out bool, error_msg text
          )
        ), sent as (
          delete from net.http_request_queue where id in (select id from outcome)
        )
        insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
        select id, status_code, content_type, headers, content, timed_out, error_msg from outcome`,
    )
  }

  /** Deletes responses past `pg_net.ttl`, and comes back when the oldest of the others is. */
  async expire(): Promise<void> {
    this.#stopExpiry()
    try {
      const [, rest] = await runOwn(
        this.#options.db,
        sql`/* extensions.expireResponses */
          delete from net._http_response
          where created < now() - coalesce(nullif(current_setting('pg_net.ttl', true), ''), '6 hours')::interval`,
        sql`/* extensions.nextExpiry */
          select extract(epoch from
            min(created) + coalesce(nullif(current_setting('pg_net.ttl', true), ''), '6 hours')::interval - now())::float8 as seconds
          from net._http_response`,
      )
      const seconds = decodeRows<{ seconds: number | null }>(rest as Result)[0]?.seconds ?? null
      if (seconds === null || this.#options.signal.aborted) return
      const ms = Math.min(maxTimerMs, Math.max(1_000, seconds * 1_000))
      this.#expiryTimer = setTimeout(() => void this.expire(), ms)
      this.#expiryTimer.unref()
    } catch (error) {
      if (this.#options.signal.aborted) return
      this.#options.log.warn('pg_net: old responses stay', { error: messageOf(error) })
    }
  }

  #stopExpiry(): void {
    if (this.#expiryTimer !== null) clearTimeout(this.#expiryTimer)
    this.#expiryTimer = null
  }
}

function endOf({ status_code: status }: RequestOutcome): keyof JobCounts['net'] {
  if (status === null) return 'failed'
  return status < 400 ? 'answered' : 'refused'
}

/** What Postgres does not take is no response. */
function refused({ id }: RequestOutcome, { message }: DatabaseError): RequestOutcome {
  const none = { status_code: null, content_type: null, headers: null, content: null }
  return { id, ...none, timed_out: false, error_msg: `The response cannot be kept: ${message}` }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

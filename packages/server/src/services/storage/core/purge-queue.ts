/**
 * Tells a CDN which objects have changed: `storage.purge_url` gets `{ "bucket", "keys" }` by POST, after the change was
 * committed and beside the request. Bounded: where too many keys wait, those of a bucket become the whole bucket.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Project } from '#base/service'

const maxWaiting = 10_000
const maxKeysAtOnce = 1_000
const timeoutMs = 10_000
/** Waited before each further try; then it is given up. */
const backoffMs = [500, 2_000, 8_000, 30_000]
/** For what is still to be said when the server ends. */
const closingMs = 2_000

/** Null: all of the bucket. */
type Keys = Set<string> | null

export class PurgeQueue {
  readonly #project: Project
  readonly #waiting = new Map<string, Keys>()
  readonly #closing = new AbortController()
  #count = 0
  #work: Promise<void> | null = null

  constructor(project: Project) {
    this.#project = project
  }

  /** `keys` null: all of the bucket. Nothing where no URL is configured. */
  add(bucket: string, keys: readonly string[] | null): void {
    if (this.#project.config['storage.purge_url'] === null || keys?.length === 0) return
    const waiting = this.#waiting.get(bucket)
    if (waiting === null) return
    const isOver = this.#count + (keys?.length ?? 1) > maxWaiting
    if (isOver && waiting === undefined) {
      this.#project.log.warn('the CDN was not told what has changed', { bucket, failure: 'full' })
      return
    }
    if (keys === null || isOver) {
      this.#count += 1 - (waiting?.size ?? 0)
      this.#waiting.set(bucket, null)
    } else this.#addKeys(bucket, waiting ?? new Set(), keys)
    this.#work ??= this.#sendAll().finally(() => (this.#work = null))
  }

  #addKeys(bucket: string, waiting: Set<string>, keys: readonly string[]): void {
    const before = waiting.size
    for (const key of keys) waiting.add(key)
    this.#count += waiting.size - before
    this.#waiting.set(bucket, waiting)
  }

  /** What waits is tried once more. */
  async close(): Promise<void> {
    this.#closing.abort()
    const late = wait(closingMs, undefined, { ref: false })
    await Promise.race([this.#work, late])
  }

  #take(): { bucket: string; keys: readonly string[] | null } | null {
    const [first] = this.#waiting
    if (first === undefined) return null
    const [bucket, waiting] = first
    const keys = waiting === null ? null : [...waiting].slice(0, maxKeysAtOnce)
    for (const key of keys ?? []) waiting?.delete(key)
    this.#count -= keys?.length ?? 1
    if ((waiting?.size ?? 0) === 0) this.#waiting.delete(bucket)
    return { bucket, keys }
  }

  async #sendAll(): Promise<void> {
    // what the requests of this turn say goes together
    await Promise.resolve()
    for (let some = this.#take(); some !== null; some = this.#take()) await this.#send(some)
  }

  async #send(purge: { bucket: string; keys: readonly string[] | null }): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#post(JSON.stringify(purge))
      if (failure === null) return
      const delay = backoffMs[attempt]
      if (delay === undefined || this.#closing.signal.aborted) {
        const { bucket, keys } = purge
        const count = keys?.length ?? 'all'
        this.#project.log.warn('the CDN was not told what has changed', { bucket, count, failure })
        return
      }
      // closing ends the wait
      await wait(delay, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {})
    }
  }

  /** Why it did not go through; null where it did. Where a redirect leads nobody has configured. */
  async #post(body: string): Promise<string | null> {
    const { 'storage.purge_url': url, 'storage.purge_secret': secret } = this.#project.config
    if (url === null) return null
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.body?.cancel()
      return response.ok ? null : `status ${response.status}`
    } catch (error) {
      if (!(error instanceof Error)) return 'unknown'
      return error.cause instanceof Error ? error.cause.message : error.message
    }
  }
}

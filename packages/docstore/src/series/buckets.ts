/** Buckets of time: which there are, when all in them has expired, and dropping them whole. */
import { failure } from '#kernel'
import { last } from '#key'
import type { Storage, WriteView } from '#storage'
import { bucketKey, bucketOfKey, bucketRange, bucketsPrefix, configKey } from './series-keys.ts'

/** Stands for a bucket that is being emptied: emptied again at the next opening, after a crash in between. */
const dropping = 'dropping'

export class Buckets {
  dropped = 0
  readonly #storage: Storage
  /** Bucket → when its last record expires. */
  readonly #expiries = new Map<number, number>()
  #sorted: number[] | undefined
  readonly #emptying = new Map<number, Promise<void>>()

  readonly widthMs: number

  private constructor(storage: Storage, widthMs: number) {
    this.#storage = storage
    this.widthMs = widthMs
  }

  static async open(storage: Storage, bucketMs: number): Promise<Buckets> {
    const stored = (await storage.get(configKey, 'text')) as string | undefined
    if (stored !== undefined && Number(stored) !== bucketMs)
      throw failure('invalid_option', {
        option: 'bucketMs',
        expected: `${stored}, as when the database was made`,
        got: String(bucketMs),
      })
    const buckets = new Buckets(storage, bucketMs)
    if (stored === undefined) await storage.update((view) => view.set(configKey, String(bucketMs)))
    else await buckets.#load()
    return buckets
  }

  async #load(): Promise<void> {
    const view = this.#storage.snapshot()
    const iterator = view.iterate({ gte: bucketsPrefix, lt: bucketsPrefix + last, values: 'text' })
    const unfinished: number[] = []
    for (;;) {
      const entries = await iterator.next(256)
      for (const [key, text] of entries) {
        if (text === dropping) unfinished.push(bucketOfKey(key))
        else this.#expiries.set(bucketOfKey(key), Number(text))
      }
      if (entries.length < 256) break
    }
    await iterator.close()
    await view.close()
    for (const bucket of unfinished) await this.#empty(bucket)
  }

  has(bucket: number): boolean {
    return this.#expiries.has(bucket)
  }

  /** Ascending. */
  list(): readonly number[] {
    this.#sorted ??= [...this.#expiries.keys()].sort((a, b) => a - b)
    return this.#sorted
  }

  /** Waits until none of these is being emptied. */
  async ready(buckets: Iterable<number>): Promise<void> {
    for (const bucket of buckets) await this.#emptying.get(bucket)
  }

  /** Notes what a write adds to its buckets, in the same commit. */
  note(view: WriteView, expiries: ReadonlyMap<number, number>): void {
    for (const [bucket, expiresAt] of expiries) {
      const known = this.#expiries.get(bucket)
      if (known !== undefined && known >= expiresAt) continue
      if (known === undefined) this.#sorted = undefined
      this.#expiries.set(bucket, expiresAt)
      view.set(bucketKey(bucket), String(expiresAt))
    }
  }

  async drop(which: (bucket: number, expiresAt: number) => boolean): Promise<number> {
    const gone = [...this.#expiries]
      .filter(([bucket, expiresAt]) => which(bucket, expiresAt))
      .map(([bucket]) => bucket)
    if (gone.length === 0) return 0
    for (const bucket of gone) this.#expiries.delete(bucket)
    this.#sorted = undefined
    const marked = this.#storage.update((view) => {
      for (const bucket of gone) view.set(bucketKey(bucket), dropping)
    })
    const emptied = gone.map((bucket) => {
      const emptying = marked
        .then(() => this.#empty(bucket))
        .finally(() => this.#emptying.delete(bucket))
      this.#emptying.set(bucket, emptying)
      return emptying
    })
    await Promise.all(emptied)
    this.dropped += gone.length
    return gone.length
  }

  async #empty(bucket: number): Promise<void> {
    await this.#storage.clear(bucketRange(bucket))
    await this.#storage.update((view) => view.set(bucketKey(bucket), undefined))
  }
}

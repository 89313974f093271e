/** Keys that were asked for lately: known for a second, so that a key that ended ends everywhere; unknown ones a little longer. */
import { timingSafeEqual } from 'node:crypto'
import type { Database } from '#base/db'
import { BoundedCache } from '#base/kernel'
import type { Clock } from '#base/kernel'
import { hashCustomerKey, isWellFormedKey } from '#base/token'
import { apiKeyErrors } from './errors.ts'
import { customerKeyOf, findKeys } from './find-keys.ts'
import type { CustomerKey } from './find-keys.ts'

/** Read again behind an answer when this old, before it when twice as old: NOTIFY is faster, but may not arrive. */
const refreshMs = 500
const maxAgeMs = 1_000
/** A socket is not closed because the database is away. */
const socketAgeMs = 60_000
const unknownMs = 5_000
const mostKeys = 10_000
/** Keys that wait to be looked up; one question at a time, of so many keys. */
const mostWaiting = 10_000
const mostAtOnce = 500

interface Entry {
  readonly raw: string
  readonly hash: string
  key: CustomerKey | null
  /** Unix ms of the question that was answered last. */
  readAtMs: number
  /** What was asked before this was asked too early. */
  staleBefore: number
  /** Whoever waits for the next answer. */
  reading: Promise<CustomerKey | null> | null
}

interface Wanted {
  readonly entry: Entry
  readonly resolve: (key: CustomerKey | null) => void
  readonly reject: (error: unknown) => void
  readonly done: () => void
}

export interface KeyStoreOptions {
  readonly db: Database
  readonly clock: Clock
  /** Told of every key that was read. `turn`: before the question. */
  readonly onRead: (key: CustomerKey, turn: number) => void
  /** Counts what may change `used` meanwhile. */
  readonly turn: () => number
}

export class KeyStore {
  readonly #options: KeyStoreOptions
  readonly #ids = new Map<string, Entry>()
  readonly #known = new BoundedCache<string, Entry>(mostKeys, (_, entry) => this.#forget(entry))
  /** Raw key → unix ms until when it is not asked for again. */
  readonly #unknown = new BoundedCache<string, number>(mostKeys)
  /** Asked for, and perhaps none. */
  readonly #pending = new Map<string, Entry>()
  readonly #wanted: Wanted[] = []
  #isAsking = false
  /** Questions and news, in their order. */
  #step = 0

  constructor(options: KeyStoreOptions) {
    this.#options = options
  }

  /** Null: there is no such key. At once, when it was asked for lately. @throws api_keys_unavailable */
  find(raw: string): CustomerKey | null | Promise<CustomerKey | null> {
    const nowMs = this.#options.clock.now()
    const entry = this.#known.get(raw)
    if (entry !== undefined) {
      const ageMs = nowMs - entry.readAtMs
      if (ageMs >= maxAgeMs || ageMs < 0) return this.#read(entry)
      if (ageMs >= refreshMs) this.#refresh(entry)
      return entry.key
    }
    const until = this.#unknown.get(raw)
    if (until !== undefined && until > nowMs) return null
    if (!isWellFormedKey(raw)) return null
    const asked = this.#pending.get(raw) ?? newEntry(raw)
    return this.#read(asked)
  }

  /** What is known without asking, for sockets that are open; asks behind it. */
  peek(raw: string): CustomerKey | null {
    const entry = this.#known.get(raw)
    if (entry === undefined) return null
    const ageMs = this.#options.clock.now() - entry.readAtMs
    if (ageMs >= refreshMs) this.#refresh(entry)
    return ageMs < socketAgeMs ? entry.key : null
  }

  /** The key has changed. */
  expire(id: string): void {
    const entry = this.#ids.get(id)
    if (entry === undefined) return
    entry.readAtMs = Number.NEGATIVE_INFINITY
    entry.staleBefore = ++this.#step
    entry.reading = null
  }

  /** Everything may have changed: news were missed. */
  expireAll(): void {
    for (const id of this.#ids.keys()) this.expire(id)
    this.#unknown.clear()
  }

  #refresh(entry: Entry): void {
    // who cannot be asked is asked again by the next request
    if (entry.reading === null) void this.#read(entry).catch(() => {})
  }

  #read(entry: Entry): Promise<CustomerKey | null> {
    if (entry.reading !== null) return entry.reading
    if (this.#wanted.length >= mostWaiting)
      return Promise.reject(apiKeyErrors.api_keys_unavailable())
    const reading = new Promise<CustomerKey | null>((resolve, reject) => {
      const done = (): void => {
        if (entry.reading === reading) entry.reading = null
      }
      const wanted = { entry, resolve, reject, done }
      // keys that are in use do not wait behind guesses
      if (entry.key === null) this.#wanted.push(wanted)
      else this.#wanted.unshift(wanted)
    })
    entry.reading = reading
    if (entry.key === null) this.#pending.set(entry.raw, entry)
    if (!this.#isAsking) void this.#ask()
    return reading
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    // those of the same turn of the event loop are asked for together
    await Promise.resolve()
    while (this.#wanted.length > 0) await this.#askFor(this.#wanted.splice(0, mostAtOnce))
    this.#isAsking = false
  }

  async #askFor(batch: readonly Wanted[]): Promise<void> {
    const { db, clock, turn } = this.#options
    const askedAtMs = clock.now()
    const [step, before] = [++this.#step, turn()]
    try {
      const rows = await findKeys(
        db,
        batch.map(({ entry }) => entry.hash),
      )
      for (const { entry, resolve } of batch) {
        const row = rows.get(entry.hash)
        const isIt =
          row !== undefined && timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(entry.hash))
        const key = isIt ? customerKeyOf(row, entry.raw) : null
        resolve(this.#keep(entry, key, { askedAtMs, step, before }))
      }
    } catch (error) {
      for (const { reject } of batch) reject(apiKeyErrors.api_keys_unavailable(undefined, error))
    }
    for (const { entry, done } of batch) {
      done()
      this.#pending.delete(entry.raw)
    }
  }

  #keep(
    entry: Entry,
    key: CustomerKey | null,
    asked: { readonly askedAtMs: number; readonly step: number; readonly before: number },
  ): CustomerKey | null {
    if (key === null) {
      this.#known.delete(entry.raw)
      this.#forget(entry)
      this.#unknown.set(entry.raw, asked.askedAtMs + unknownMs)
      return null
    }
    // the same claims are the same caller: what was made of them stays
    entry.key = entry.key?.claimsJson === key.claimsJson ? sameCaller(entry.key, key) : key
    this.#ids.set(key.id, entry)
    this.#known.set(entry.raw, entry)
    if (asked.step > entry.staleBefore) entry.readAtMs = asked.askedAtMs
    this.#options.onRead(entry.key, asked.before)
    return entry.key
  }

  #forget(entry: Entry): void {
    if (entry.key !== null && this.#ids.get(entry.key.id) === entry) this.#ids.delete(entry.key.id)
    entry.key = null
  }
}

function newEntry(raw: string): Entry {
  const never = Number.NEGATIVE_INFINITY
  return {
    raw,
    hash: hashCustomerKey(raw),
    key: null,
    readAtMs: never,
    staleBefore: 0,
    reading: null,
  }
}

function sameCaller(before: CustomerKey, { used, ...now }: CustomerKey): CustomerKey {
  const { claims, claimsJson, authentication } = before
  return { ...now, used, claims, claimsJson, authentication }
}

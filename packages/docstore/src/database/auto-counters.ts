/** Auto-increment: numbers are reserved in blocks, ahead of the documents that use them, so that a crash gives none twice. */
import { isPromise, type Maybe } from '#kernel'
import { counterKey, type Counters, type OpenStore } from '#document'
import type { Storage } from '#storage'

/** Numbers lost at most by a crash; a clean close loses none. */
const block = 256

interface Counter {
  next: number
  reserved: number
}

export class AutoCounters implements Counters {
  readonly #storage: Storage
  readonly #counters = new Map<number, Counter>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  take(store: OpenStore): Maybe<number> {
    const loading = this.#counter(store)
    return isPromise(loading)
      ? loading.then((counter) => this.#use(store, counter))
      : this.#use(store, loading)
  }

  raise(store: OpenStore, used: number): Maybe<void> {
    const loading = this.#counter(store)
    const raise = (counter: Counter): void => {
      if (used < counter.next) return
      counter.next = used + 1
      this.#reserve(store, counter)
    }
    return isPromise(loading) ? loading.then(raise) : raise(loading)
  }

  #use(store: OpenStore, counter: Counter): number {
    const number = counter.next++
    this.#reserve(store, counter)
    return number
  }

  /** The queue keeps order: the reservation is written before, or with, the first document that uses it. */
  #reserve(store: OpenStore, counter: Counter): void {
    if (counter.next <= counter.reserved) return
    counter.reserved = counter.next + block
    this.#store(store.stored.id, counter.reserved).catch(() => undefined)
  }

  #store(id: number, next: number): Promise<void> {
    // straight into the queue: nothing reads it back, and it must not wait behind who uses it
    return this.#storage.queue.push([{ key: counterKey(id), value: String(next) }], undefined)
  }

  #counter(store: OpenStore): Maybe<Counter> {
    const { id } = store.stored
    const found = this.#counters.get(id)
    if (found !== undefined) return found
    const reading = this.#storage.get(counterKey(id), 'text') as Maybe<string | undefined>
    const open = (text: string | undefined): Counter => {
      const loaded = this.#counters.get(id)
      if (loaded !== undefined) return loaded
      const next = text === undefined ? 1 : Number(text)
      const counter = { next, reserved: next }
      this.#counters.set(id, counter)
      return counter
    }
    return isPromise(reading) ? reading.then(open) : open(reading)
  }

  /** Gives back what was reserved and not used. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#counters, ([id, { next }]) => this.#store(id, next)))
  }
}

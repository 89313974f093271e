/** Snapshots for an engine that has none (browser-level): before a write, each open snapshot keeps the values it replaces. */
import { isPromise, type Maybe } from '#kernel'
import type {
  Encoding,
  Engine,
  EngineIterator,
  EngineSnapshot,
  Entry,
  IterateOptions,
  Range,
  Value,
  WriteOp,
} from './engine.ts'
import { convertValue } from './convert-value.ts'
import { MergedIterator, Overlay } from './overlay.ts'

class EmulatedSnapshot implements EngineSnapshot {
  readonly before: Overlay = new Overlay()
  readonly #open: Set<EmulatedSnapshot>
  constructor(open: Set<EmulatedSnapshot>) {
    this.#open = open
    open.add(this)
  }
  async close(): Promise<void> {
    this.#open.delete(this)
  }
}

export class EmulatedSnapshots implements Engine {
  readonly answersAtOnce: boolean
  readonly #inner: Engine
  readonly #open = new Set<EmulatedSnapshot>()

  constructor(inner: Engine) {
    this.#inner = inner
    this.answersAtOnce = inner.answersAtOnce
  }

  get(key: string, encoding: Encoding, snapshot?: EngineSnapshot): Maybe<Value | undefined> {
    if (!(snapshot instanceof EmulatedSnapshot)) return this.#inner.get(key, encoding)
    const { before } = snapshot
    if (before.has(key)) return convertValue(before.get(key), encoding)
    const found = this.#inner.get(key, encoding)
    if (!isPromise(found)) return found
    // written while it was read: what the snapshot kept is right
    return found.then((value) =>
      before.has(key) ? convertValue(before.get(key), encoding) : value,
    )
  }

  iterate(options: IterateOptions): EngineIterator {
    const { snapshot, values } = options
    if (!(snapshot instanceof EmulatedSnapshot)) return this.#inner.iterate(options)
    const base = this.#inner.iterate({ ...options, snapshot: undefined })
    const merged = new MergedIterator(base, snapshot.before, options, options.reverse === true)
    return {
      next: async (count) =>
        (await merged.next(count)).map(([key, value]): Entry => [
          key,
          convertValue(value, values) as Value,
        ]),
      close: () => merged.close(),
    }
  }

  async write(ops: readonly WriteOp[], options: { sync: boolean }): Promise<void> {
    if (this.#open.size > 0) for (const { key } of ops) await this.#keep(key)
    await this.#inner.write(ops, options)
  }

  async #keep(key: string): Promise<void> {
    const lacking = [...this.#open].filter(({ before }) => !before.has(key))
    if (lacking.length === 0) return
    const value = await this.#inner.get(key, 'bytes')
    for (const { before } of lacking) before.set(key, value)
  }

  async clear(range: Range): Promise<void> {
    if (this.#open.size > 0) await this.#keepRange(range)
    await this.#inner.clear(range)
  }

  async #keepRange(range: Range): Promise<void> {
    const iterator = this.#inner.iterate({ ...range, values: 'bytes' })
    for (;;) {
      const entries = await iterator.next(256)
      for (const [key, value] of entries)
        for (const { before } of this.#open) if (!before.has(key)) before.set(key, value)
      if (entries.length < 256) break
    }
    await iterator.close()
  }

  snapshot(): EngineSnapshot {
    return new EmulatedSnapshot(this.#open)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

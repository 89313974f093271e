/** The port on an abstract-level database: classic-level (LevelDB) in Node, memory-level in tests, browser-level on IndexedDB. */
import type { AbstractIterator, AbstractLevel, AbstractSnapshot } from 'abstract-level'
import type { Maybe } from '#kernel'
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
import { EmulatedSnapshots } from './emulated-snapshots.ts'

type Level = AbstractLevel<unknown, string, Value>

class LevelSnapshot implements EngineSnapshot {
  readonly inner: AbstractSnapshot
  constructor(inner: AbstractSnapshot) {
    this.inner = inner
  }
  close(): Promise<void> {
    return this.inner.close()
  }
}

class LevelIterator implements EngineIterator {
  readonly #inner: AbstractIterator<Level, string, Value>
  constructor(inner: AbstractIterator<Level, string, Value>) {
    this.#inner = inner
  }
  async next(count: number): Promise<Entry[]> {
    // nextv may give fewer than are left: it stops at a limit of bytes
    const entries = (await this.#inner.nextv(count)) as Entry[]
    while (entries.length > 0 && entries.length < count) {
      const more = (await this.#inner.nextv(count - entries.length)) as Entry[]
      if (more.length === 0) break
      entries.push(...more)
    }
    return entries
  }
  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** `level` must be open, with `keyEncoding: 'utf8'`. Closing the engine closes it. */
export function createLevelEngine(level: unknown): Engine {
  const engine = new LevelEngine(level as Level)
  return engine.hasSnapshots ? engine : new EmulatedSnapshots(engine)
}

class LevelEngine implements Engine {
  readonly answersAtOnce: boolean
  readonly hasSnapshots: boolean
  readonly #level: Level

  constructor(level: Level) {
    this.#level = level
    this.answersAtOnce = (level.supports as { getSync?: boolean }).getSync === true
    this.hasSnapshots = level.supports.explicitSnapshots === true
  }

  get(key: string, encoding: Encoding, snapshot?: EngineSnapshot): Maybe<Value | undefined> {
    if (!this.answersAtOnce)
      return this.#level.get(key, optionsOf(encoding, snapshot)) as Promise<Value | undefined>
    // without options it is twice as fast: text is the default
    return encoding === 'text' && snapshot === undefined
      ? this.#level.getSync(key)
      : (this.#level.getSync(key, optionsOf(encoding, snapshot)) as Value | undefined)
  }

  iterate(options: IterateOptions): EngineIterator {
    const { gte, lt, reverse, snapshot, values } = options
    const inner = this.#level.iterator({
      gte,
      lt,
      reverse: reverse === true,
      values: values !== 'none',
      valueEncoding: values === 'bytes' ? 'view' : 'utf8',
      ...(snapshot instanceof LevelSnapshot && { snapshot: snapshot.inner }),
    } as object)
    return new LevelIterator(inner as AbstractIterator<Level, string, Value>)
  }

  async write(ops: readonly WriteOp[], options: { sync: boolean }): Promise<void> {
    const batch = this.#level.batch()
    for (const { key, value } of ops) {
      if (value === undefined) batch.del(key)
      else if (typeof value === 'string') batch.put(key, value)
      else batch.put(key, value, bytesEncoding)
    }
    await batch.write(options as object)
  }

  clear(range: Range): Promise<void> {
    return this.#level.clear({ gte: range.gte, lt: range.lt })
  }

  snapshot(): EngineSnapshot {
    return new LevelSnapshot(this.#level.snapshot())
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}

function optionsOf(encoding: Encoding, snapshot: EngineSnapshot | undefined): object {
  const options = encoding === 'text' ? textEncoding : bytesEncoding
  return snapshot instanceof LevelSnapshot ? { ...options, snapshot: snapshot.inner } : options
}

const textEncoding = { valueEncoding: 'utf8' } as const
const bytesEncoding = { valueEncoding: 'view' } as const

/** The port: a sorted map of strings to text or bytes, with atomic batches and snapshots. `engineSuite` is its contract. */
import type { Maybe } from '#kernel'

/** `text` is UTF-8 in the engine. Keys hold no surrogates and sort by code unit. */
export type Value = string | Uint8Array
export type Encoding = 'text' | 'bytes'

/** `value: undefined` deletes. */
export interface WriteOp {
  key: string
  value: Value | undefined
}

/** Half open: `gte` is in, `lt` is not. */
export interface Range {
  gte: string
  lt: string
}

export interface IterateOptions extends Range {
  reverse?: boolean
  /** As of this snapshot; without one, as of the call where the engine can, else as it is read. */
  snapshot?: EngineSnapshot | undefined
  /** `none`: keys only, values are ''. */
  values: Encoding | 'none'
}

export type Entry = [key: string, value: Value]

/** Reads ahead of its caller by at most one chunk. */
export interface EngineIterator {
  /** The next entries, at most `count`; fewer mean the end. */
  next(count: number): Promise<Entry[]>
  close(): Promise<void>
}

/** An adapter's own handle. */
export interface EngineSnapshot {
  close(): Promise<void>
}

export interface Engine {
  /** Whether `get` answers at once: then reads and writes of one document need no turn of the event loop. */
  readonly answersAtOnce: boolean
  get(key: string, encoding: Encoding, snapshot?: EngineSnapshot): Maybe<Value | undefined>
  iterate(options: IterateOptions): EngineIterator
  /** All of it or nothing; with `sync` on stable storage when it resolves. Never called twice at a time. */
  write(ops: readonly WriteOp[], options: { sync: boolean }): Promise<void>
  /** Deletes a range without reading it into JavaScript. */
  clear(range: Range): Promise<void>
  snapshot(): EngineSnapshot
  close(): Promise<void>
}

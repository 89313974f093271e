/** How code above reads and writes: the same words on the newest state, on a snapshot and inside a transaction. */
import type { Maybe } from '#kernel'
import type { EngineIterator, IterateOptions, Value } from '#engine'

export interface ReadView {
  getText(key: string): Maybe<string | undefined>
  getBytes(key: string): Maybe<Uint8Array | undefined>
  iterate(options: IterateOptions): EngineIterator
}

export interface WriteView extends ReadView {
  set(key: string, value: Value | undefined): void
}

/** A consistent state of the database, until closed. */
import type { Maybe } from '#kernel'
import type { Engine, EngineIterator, EngineSnapshot, IterateOptions } from '#engine'
import type { ReadView } from './view.ts'

export class SnapshotView implements ReadView {
  readonly #engine: Engine
  readonly #snapshot: EngineSnapshot

  constructor(engine: Engine) {
    this.#engine = engine
    this.#snapshot = engine.snapshot()
  }

  getText(key: string): Maybe<string | undefined> {
    return this.#engine.get(key, 'text', this.#snapshot) as Maybe<string | undefined>
  }

  getBytes(key: string): Maybe<Uint8Array | undefined> {
    return this.#engine.get(key, 'bytes', this.#snapshot) as Maybe<Uint8Array | undefined>
  }

  iterate(options: IterateOptions): EngineIterator {
    return this.#engine.iterate({ ...options, snapshot: this.#snapshot })
  }

  close(): Promise<void> {
    return this.#snapshot.close()
  }
}

/** Where a cursor goes next. https://w3c.github.io/IndexedDB/#iterate-a-cursor */
import { last } from '#key'
import { spanOf, type Bounds } from './idb-key.ts'
import {
  indexRecordOf,
  prefixOf,
  valueOf,
  type Direction,
  type FoundRecord,
  type Source,
  type Work,
} from './records.ts'

export interface Target {
  /** Encoded: not before this key. */
  key?: string | undefined
  primaryKey?: string | undefined
  count?: number
}

/** Records read ahead while nothing in the transaction changes. */
const ahead = 64

export class CursorWalk {
  readonly #source: Source
  readonly #bounds: Bounds
  readonly #direction: Direction
  readonly #withValues: boolean
  #position: FoundRecord | undefined
  #buffer: FoundRecord[] = []
  #bufferEnded = false
  #bufferChanges = -1
  #chunk = 1

  constructor(source: Source, bounds: Bounds, direction: Direction, withValues: boolean) {
    this.#source = source
    this.#bounds = bounds
    this.#direction = direction
    this.#withValues = withValues
  }

  /** The next record, or undefined at the end. */
  async step(work: Work, target: Target): Promise<FoundRecord | undefined> {
    for (let left = target.count ?? 1; left > 0; left--) {
      const record = await this.#one(work, target)
      if (record === undefined) return undefined
      this.#position = record
    }
    const record = this.#position as FoundRecord
    if (this.#withValues && record.bytes === undefined)
      record.bytes = await valueOf(work, this.#source, record.primaryKey)
    return record
  }

  async #one(work: Work, target: Target): Promise<FoundRecord | undefined> {
    const isStore = this.#source.index === undefined
    const { gte, lt } = this.#span(prefixOf(work, this.#source), target, isStore)
    if (gte >= lt) return undefined
    if (this.#direction !== 'prevunique' || isStore)
      return this.#read(work, gte, lt, this.#direction.startsWith('prev'))
    const newest = await this.#read(work, gte, lt, true)
    if (newest === undefined) return undefined
    const prefix = prefixOf(work, this.#source) + newest.key
    this.#bufferChanges = -1
    const first = await this.#read(work, prefix, prefix + last, false)
    this.#bufferChanges = -1
    return first
  }

  /** What is left of the range, as keys in the engine. */
  #span(
    prefix: string,
    { key, primaryKey }: Target,
    isStore: boolean,
  ): { gte: string; lt: string } {
    let { gte, lt } = spanOf(prefix, this.#bounds)
    const at = this.#position
    const here = at === undefined ? undefined : isStore ? at.key : at.key + at.primaryKey
    const later = (bound: string): void => {
      if (prefix + bound > gte) gte = prefix + bound
    }
    const earlier = (bound: string): void => {
      if (prefix + bound < lt) lt = prefix + bound
    }
    switch (isStore ? this.#direction.replace('unique', '') : this.#direction) {
      case 'next':
        if (here !== undefined) later(`${here}\0`)
        if (key !== undefined) later(key + (isStore ? '' : (primaryKey ?? '')))
        break
      case 'nextunique':
        if (at !== undefined) later(at.key + last)
        if (key !== undefined) later(key)
        break
      case 'prev':
        if (here !== undefined) earlier(here)
        if (key !== undefined)
          earlier(primaryKey === undefined || isStore ? key + last : `${key}${primaryKey}\0`)
        break
      default:
        if (at !== undefined) earlier(at.key)
        if (key !== undefined) earlier(key + last)
    }
    return { gte, lt }
  }

  async #read(
    work: Work,
    gte: string,
    lt: string,
    reverse: boolean,
  ): Promise<FoundRecord | undefined> {
    const prefix = prefixOf(work, this.#source)
    const isStore = this.#source.index === undefined
    const full = (record: FoundRecord): string =>
      prefix + (isStore ? record.key : record.key + record.primaryKey)
    if (this.#bufferChanges === work.changes) {
      const passed = this.#buffer.findIndex((record) =>
        reverse ? full(record) < lt : full(record) >= gte,
      )
      this.#buffer.splice(0, passed < 0 ? this.#buffer.length : passed)
      if (this.#buffer.length > 0 || this.#bufferEnded) return this.#buffer[0]
    }
    const iterator = work.storage.iterate({
      gte,
      lt,
      reverse,
      values: isStore && this.#withValues ? 'bytes' : 'none',
    })
    const entries = await iterator.next(this.#chunk)
    await iterator.close()
    this.#buffer = entries.map(([entry, bytes]) =>
      isStore
        ? {
            key: entry.slice(prefix.length),
            primaryKey: entry.slice(prefix.length),
            bytes: bytes instanceof Uint8Array ? bytes : undefined,
          }
        : indexRecordOf(entry.slice(prefix.length)),
    )
    this.#bufferEnded = entries.length < this.#chunk
    this.#bufferChanges = work.changes
    this.#chunk = Math.min(ahead, this.#chunk * 2)
    return this.#buffer[0]
  }
}

/** Cuts the log as it comes into pieces and stores them; a segment's pieces give way to the whole when it is complete. */
import { BackupError } from './errors.ts'
import { keyTag, seal } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'
import { walPieceName } from './wal-names.ts'

export interface WalWriterOptions {
  readonly target: BackupTarget
  readonly key: SealKey | null
  /** Of the names: `7401…/`. */
  readonly folder: string
  readonly timeline: number
  readonly segmentBytes: number
  /** Where the log begins to arrive: where a segment does. */
  readonly from: bigint
}

export class WalWriter {
  readonly #options: WalWriterOptions
  #buffer: Buffer
  /** Of the segment being filled. */
  #segment: number
  #end = 0
  #stored = 0
  /** Pieces of the segment being filled. */
  #pieces: string[] = []
  /** Segments that are full and not stored yet. */
  readonly #full: {
    readonly segment: number
    readonly bytes: Buffer
    readonly pieces: string[]
  }[] = []
  #storing: Promise<void> = Promise.resolve()

  constructor(options: WalWriterOptions) {
    this.#options = options
    this.#buffer = Buffer.alloc(options.segmentBytes)
    this.#segment = Number(options.from / BigInt(options.segmentBytes))
  }

  /** All that came up to here. */
  get received(): bigint {
    return this.#lsn(this.#segment, this.#end)
  }

  /** Segments of memory that wait for the target. */
  get backlog(): number {
    return this.#full.length
  }

  /** @throws BackupError when something is missing in between */
  push(lsn: bigint, bytes: Buffer): void {
    if (lsn !== this.received)
      throw new BackupError('damaged', `The log goes on at ${lsn}, not at ${this.received}.`)
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.copy(this.#buffer, this.#end, at)
      this.#end += taken
      at += taken
      if (this.#end === this.#buffer.length) this.#turn()
    }
  }

  /** Stores what has come; resolves to the place up to which all is there. */
  flush(): Promise<bigint> {
    const flushed = this.#storing.then(() => this.#store())
    this.#storing = flushed.then(
      () => {},
      () => {},
    )
    return flushed
  }

  #turn(): void {
    this.#full.push({ segment: this.#segment, bytes: this.#buffer, pieces: this.#pieces })
    this.#buffer = Buffer.alloc(this.#options.segmentBytes)
    this.#segment++
    this.#end = 0
    this.#stored = 0
    this.#pieces = []
  }

  async #store(): Promise<bigint> {
    const { target, segmentBytes } = this.#options
    for (let full = this.#full[0]; full !== undefined; full = this.#full[0]) {
      await this.#put(full.segment, 0, segmentBytes, full.bytes)
      this.#full.shift()
      await target.delete(full.pieces)
    }
    const [segment, pieces, from, to] = [this.#segment, this.#pieces, this.#stored, this.#end]
    if (to > from) {
      // a copy: the buffer goes on being filled, and may be handed on as full
      pieces.push(await this.#put(segment, from, to, Buffer.from(this.#buffer.subarray(from, to))))
      if (segment === this.#segment) this.#stored = to
    }
    return this.#lsn(segment, to)
  }

  async #put(segment: number, from: number, to: number, bytes: Buffer): Promise<string> {
    const { target, key, folder, timeline } = this.#options
    const name = folder + walPieceName({ timeline, segment, from, to, tag: keyTag(key) })
    await target.put(name, await seal(name, bytes, key))
    return name
  }

  #lsn(segment: number, offset: number): bigint {
    return BigInt(segment) * BigInt(this.#options.segmentBytes) + BigInt(offset)
  }
}

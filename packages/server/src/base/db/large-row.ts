/** A DataRow too large to be collected: its last cell is handed on in the pieces it arrives in. */

/** Takes the body of one message piece by piece. */
export interface PieceReader {
  /** The piece's memory is used again afterwards: what is kept is copied. */
  push(piece: Buffer): void
}

export interface LargeRowEvents {
  /** All cells but the last, and how many bytes that one has. */
  head(cells: readonly (Uint8Array | null)[], bytes: number): void
  /** Copies what it keeps. */
  piece(bytes: Uint8Array): void
  end(): void
}

/** The cells before the last are small (counts, headers): they are collected whole. */
export class LargeRow implements PieceReader {
  readonly #events: LargeRowEvents
  #collected: Buffer | null = null
  #left = 0

  constructor(events: LargeRowEvents) {
    this.#events = events
  }

  push(piece: Buffer): void {
    if (this.#left > 0) {
      this.#pass(piece)
      return
    }
    const parts = this.#collected === null ? [piece] : [this.#collected, piece]
    const buffer = Buffer.concat(parts)
    const start = this.#readHead(buffer)
    if (start === null) this.#collected = buffer
    else {
      this.#collected = null
      if (start < buffer.length) this.#pass(buffer.subarray(start))
    }
  }

  #pass(bytes: Buffer): void {
    this.#left -= bytes.length
    this.#events.piece(bytes)
    if (this.#left === 0) this.#events.end()
  }

  /** Where the last cell's bytes begin, or null while the cells before it are not all there. */
  #readHead(buffer: Buffer): number | null {
    if (buffer.length < 2) return null
    const count = buffer.readUInt16BE(0)
    const cells: (Uint8Array | null)[] = []
    let at = 2
    for (let i = 0; i < count; i++) {
      if (buffer.length < at + 4) return null
      const length = buffer.readInt32BE(at)
      at += 4
      if (i === count - 1) {
        this.#left = Math.max(length, 0)
        this.#events.head(cells, this.#left)
        if (this.#left === 0) this.#events.end()
        return at
      }
      if (length < 0) cells.push(null)
      else {
        if (buffer.length < at + length) return null
        cells.push(buffer.subarray(at, at + length))
        at += length
      }
    }
    return at
  }
}

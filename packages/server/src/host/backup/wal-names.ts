/**
 * Names of pieces of the log: `wal/00000001/000000010000000000000003.000000-400000`, the bytes from one place of a segment to
 * another, in hexadecimal; a whole one ends at the segment's size. Of an encrypted one the tag of its key follows.
 */

export interface WalPiece {
  readonly name: string
  readonly timeline: number
  /** Which of all segments. */
  readonly segment: number
  readonly from: number
  readonly to: number
  /** See `keyTag`. */
  readonly tag: string
  readonly modifiedMs: number
}

/** As Postgres names the file in pg_wal. */
export function segmentName(timeline: number, segment: number, segmentBytes: number): string {
  const perFile = 0x1_0000_0000 / segmentBytes
  const parts = [timeline, Math.floor(segment / perFile), segment % perFile]
  return parts.map((part) => hex(part, 8)).join('')
}

export function walPieceName(piece: Omit<WalPiece, 'name' | 'modifiedMs'>): string {
  const { timeline, segment, from, to, tag } = piece
  return `wal/${hex(timeline, 8)}/${hex(segment, 16)}.${hex(from, 8)}-${hex(to, 8)}${tag}`
}

const pieceName =
  /wal\/([0-9A-F]{8})\/([0-9A-F]{16})\.([0-9A-F]{8})-([0-9A-F]{8})(\.k[0-9a-f]{8})?$/

/** Null for what is none. */
export function readWalPieceName(name: string, modifiedMs: number): WalPiece | null {
  const found = pieceName.exec(name)
  if (found === null) return null
  const parts = found.slice(1, 5).map((part) => Number.parseInt(part, 16))
  const [timeline, segment, from, to] = parts as [number, number, number, number]
  return { name, timeline, segment, from, to, tag: found[5] ?? '', modifiedMs }
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}

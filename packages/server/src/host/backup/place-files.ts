/** A backup's files on a disk again: the data folder, and in it the log to be replayed. */
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readBaseFiles, readFileOf } from './base-files.ts'
import type { Place } from './base-files.ts'
import { BackupError } from './errors.ts'
import type { BackupManifest } from './manifest.ts'
import { open as unseal } from './seal.ts'
import { readTar } from './untar.ts'
import type { TarEntry } from './untar.ts'
import { readWalPieceName, segmentName } from './wal-names.ts'
import type { WalPiece } from './wal-names.ts'

/** `folder` is empty. @throws BackupError */
export async function placeBase(
  place: Place,
  manifest: BackupManifest,
  folder: string,
): Promise<void> {
  await readBaseFiles(place, manifest.files, async (tar) => {
    for await (const entry of readTar(tar)) await placeEntry(entry, folder)
  })
}

async function placeEntry({ path, kind, bytes }: TarEntry, folder: string): Promise<void> {
  const target = join(folder, path)
  await mkdir(kind === 'folder' ? target : dirname(target), { recursive: true, mode: 0o700 })
  if (kind === 'folder') return
  const handle = await open(target, 'wx', 0o600)
  try {
    for await (const part of bytes) await handle.writeFile(part)
  } finally {
    await handle.close()
  }
}

export interface LogSource {
  readonly place: Place
  readonly manifest: BackupManifest
  /** Of the archive. */
  readonly archived: readonly WalPiece[]
}

/** The pieces that came with the backup itself, checked against its manifest. */
function ownPieces({ files }: BackupManifest): readonly WalPiece[] {
  return files
    .map(({ name }) => readWalPieceName(name, 0))
    .filter((piece): piece is WalPiece => piece !== null)
}

/**
 * Writes segments into `pg_wal`, of each timeline up to its first hole. Resolves to where the log of the last one ends.
 * @throws BackupError `damaged`
 */
export async function placeLog(source: LogSource, folder: string): Promise<bigint> {
  const { manifest, archived } = source
  const { segmentBytes } = manifest
  const read = pieceReader(source)
  const next = new Map<number, number>()
  let end = 0n
  for (const pieces of bySegment([...ownPieces(manifest), ...archived])) {
    const { timeline, segment } = pieces[0] as WalPiece
    if ((next.get(timeline) ?? segment) !== segment) continue
    const { bytes, filled } = await fillSegment(pieces, segmentBytes, read)
    if (filled === 0) continue
    if (filled === segmentBytes) next.set(timeline, segment + 1)
    else next.set(timeline, -1)
    await writeSegment(join(folder, 'pg_wal', segmentName(timeline, segment, segmentBytes)), bytes)
    end = BigInt(segment) * BigInt(segmentBytes) + BigInt(filled)
  }
  return end
}

type ReadPiece = (piece: WalPiece) => Promise<Buffer>

function pieceReader({ manifest, place }: LogSource): ReadPiece {
  const own = new Map(manifest.files.map((file) => [file.name, file]))
  return async (piece) => {
    const file = own.get(piece.name)
    if (file !== undefined) return readFileOf(place, file)
    const stored = await place.target.get(piece.name)
    if (stored === null)
      throw new BackupError('damaged', `${piece.name} is missing in ${place.target.place}.`)
    return unseal(piece.name, stored, place.key)
  }
}

/** As far as its pieces go without a hole; zeros behind. */
async function fillSegment(
  pieces: readonly WalPiece[],
  segmentBytes: number,
  read: ReadPiece,
): Promise<{ readonly bytes: Buffer; readonly filled: number }> {
  const bytes = Buffer.alloc(segmentBytes)
  let filled = 0
  for (const piece of pieces) {
    if (piece.from > filled) break
    if (piece.to <= filled) continue
    const part = await read(piece)
    if (part.length !== piece.to - piece.from || piece.to > segmentBytes)
      throw new BackupError('damaged', `${piece.name} has ${part.length} bytes.`)
    part.copy(bytes, piece.from)
    filled = piece.to
  }
  return { bytes, filled }
}

/** In the order of timelines and segments; the pieces of one by where they begin, the longest first. */
function bySegment(pieces: readonly WalPiece[]): WalPiece[][] {
  const groups = new Map<string, WalPiece[]>()
  const sorted = pieces.toSorted(
    (one, other) =>
      one.timeline - other.timeline ||
      one.segment - other.segment ||
      one.from - other.from ||
      other.to - one.to,
  )
  for (const piece of sorted) {
    const name = `${piece.timeline}.${piece.segment}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [piece])
    else group.push(piece)
  }
  return [...groups.values()]
}

async function writeSegment(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await open(path, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
  } finally {
    await handle.close()
  }
}

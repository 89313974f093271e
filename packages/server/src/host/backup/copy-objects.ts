/** Objects that Storage keeps on a disk, copied to the target once each: what is under a version never changes. */
import { open } from 'node:fs/promises'
import { BackupError } from './errors.ts'
import { keyTag, open as unseal, seal } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'

export interface ObjectFile {
  /** What Storage calls it: a SHA-256 of its name and version. */
  readonly digest: string
  readonly path: string
  readonly size: number
}

export interface ObjectSource {
  /** From now on what is deleted is still listed, until it is released. */
  hold(): Promise<{ release(): Promise<void> }>
  list(): AsyncIterable<ObjectFile>
}

export interface CopiedObjects {
  readonly names: readonly string[]
  readonly bytes: number
}

/** A piece of one; 16 MiB. */
export const objectPieceBytes = 16 * 1024 * 1024

/** `7401…/objects/3f/3f9a….0-of-1`, and the tag of its key. */
export function objectPieceName(
  system: string,
  digest: string,
  index: number,
  count: number,
  key: SealKey | null,
): string {
  return `${system}/objects/${digest.slice(0, 2)}/${digest}.${index}-of-${count}${keyTag(key)}`
}

const piece = /\/([0-9a-f]{64})\.(\d+)-of-(\d+)(\.k[0-9a-f]{8})?$/

/** Which object a file of the target is of, and under which key. */
export function readObjectPieceName(
  name: string,
): { readonly digest: string; readonly count: number; readonly tag: string } | null {
  const [, digest, , count, tag = ''] = piece.exec(name) ?? []
  return digest === undefined ? null : { digest, count: Number(count), tag }
}

/** Digests that are whole in the target under this key, with the number of their pieces. */
export async function listStoredObjects(
  target: BackupTarget,
  key: SealKey | null,
  system: string,
  part = '',
): Promise<Map<string, number>> {
  const tag = keyTag(key)
  const found = new Map<string, { have: number; readonly want: number }>()
  for (const { name } of await target.list(`${system}/objects/${part}`)) {
    const read = readObjectPieceName(name)
    if (read === null || read.tag !== tag) continue
    const known = found.get(read.digest) ?? { have: 0, want: read.count }
    known.have++
    found.set(read.digest, known)
  }
  return new Map(
    [...found]
      .filter(([, { have, want }]) => have === want)
      .map(([name, { want }]) => [name, want]),
  )
}

/** All that is there now; null for no source. */
export async function copyObjects(
  source: ObjectSource | null,
  target: BackupTarget,
  key: SealKey | null,
  system: string,
): Promise<CopiedObjects | null> {
  if (source === null) return null
  const stored = await listStoredObjects(target, key, system)
  const names: string[] = []
  let bytes = 0
  for await (const file of source.list()) {
    if (!stored.has(file.digest) && !(await copyObject(file, target, key, system))) continue
    names.push(file.digest)
    bytes += file.size
  }
  return { names, bytes }
}

export interface NewObjects {
  readonly target: BackupTarget
  readonly key: SealKey | null
  readonly system: string
  readonly files: AsyncIterable<ObjectFile>
}

/** The paths of those that are stored now. */
export async function* copyNewObjects(options: NewObjects): AsyncIterable<string> {
  const { target, key, system, files } = options
  // asked by parts: a few new objects are in few of them
  const stored = new Map<string, Promise<Map<string, number>>>()
  for await (const file of files) {
    const part = file.digest.slice(0, 2)
    const known = stored.get(part) ?? listStoredObjects(target, key, system, `${part}/`)
    stored.set(part, known)
    const isThere = (await known).has(file.digest)
    if (isThere || (await copyObject(file, target, key, system))) yield file.path
  }
}

/** False where it has gone meanwhile. */
export async function copyObject(
  { digest, path, size }: ObjectFile,
  target: BackupTarget,
  key: SealKey | null,
  system: string,
): Promise<boolean> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (handle === null) return false
  try {
    const count = Math.max(1, Math.ceil(size / objectPieceBytes))
    for (let index = 0; index < count; index++) {
      const start = index * objectPieceBytes
      const bytes = Buffer.alloc(Math.min(objectPieceBytes, size - start))
      await handle.read(bytes, 0, bytes.length, start)
      const name = objectPieceName(system, digest, index, count, key)
      await target.put(name, await seal(name, bytes, key, false))
    }
    return true
  } finally {
    await handle.close()
  }
}

/** The bytes of one, piece by piece. @throws BackupError */
export async function* readObject(
  target: BackupTarget,
  key: SealKey | null,
  system: string,
  digest: string,
  count: number,
): AsyncIterable<Buffer> {
  for (let index = 0; index < count; index++) {
    const name = objectPieceName(system, digest, index, count, key)
    const stored = await target.get(name)
    if (stored === null) throw new BackupError('damaged', `${name} is missing in ${target.place}.`)
    yield await unseal(name, stored, key)
  }
}

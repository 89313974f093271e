/** The tar of a data folder as files of a target: compressed, cut into pieces, each sealed. */
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { BackupError } from './errors.ts'
import type { BackupFile } from './manifest.ts'
import { open, seal } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'

export interface Place {
  readonly target: BackupTarget
  readonly key: SealKey | null
  /** Of the backup. */
  readonly folder: string
}

const pieceBytes = 16 * 1024 * 1024

/** Takes bytes of the tar and stores them; `full` asks to wait for `onRoom`. */
export class BaseFilesWriter {
  readonly #gzip = createGzip({ level: 1 })
  readonly #done: Promise<void>
  readonly #place: Place
  readonly #files: BackupFile[] = []
  #parts: Buffer[] = []
  #length = 0
  #failure: unknown = null

  /** `onRoom`: more may come. */
  constructor(place: Place, onRoom: () => void) {
    this.#place = place
    this.#gzip.on('drain', onRoom)
    const store = new Writable({
      write: (chunk: Buffer, _, done) => {
        this.#take(chunk).then(() => done(), done)
      },
      final: (done) => {
        this.#cut().then(() => done(), done)
      },
    })
    this.#done = pipeline(this.#gzip, store)
    this.#done.catch((error: unknown) => {
      this.#failure ??= error
      onRoom()
    })
  }

  /** Why nothing more is stored; null for no reason. */
  get failure(): unknown {
    return this.#failure
  }

  /** False: wait. */
  write(bytes: Buffer): boolean {
    return this.#gzip.destroyed || this.#gzip.write(bytes)
  }

  /** Resolves when all is stored. @throws BackupError `target` */
  async end(): Promise<readonly BackupFile[]> {
    this.#gzip.end()
    await this.#done
    return this.#files
  }

  /** Gives up; what was stored stays and belongs to no backup. */
  abort(): void {
    this.#gzip.destroy()
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#parts.push(chunk)
    this.#length += chunk.length
    if (this.#length >= pieceBytes) await this.#cut()
  }

  async #cut(): Promise<void> {
    const name = `base/${String(this.#files.length).padStart(6, '0')}`
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    this.#files.push(await putFile(this.#place, name, bytes, false))
  }
}

/** Stores one file of a backup and says what the manifest says of it. */
export async function putFile(
  { target, key, folder }: Place,
  name: string,
  bytes: Buffer,
  compresses = true,
): Promise<BackupFile> {
  const stored = await seal(folder + name, bytes, key, compresses)
  await target.put(folder + name, stored)
  return describeFile(name, stored)
}

export function describeFile(name: string, stored: Buffer): BackupFile {
  return { name, size: stored.length, sha256: createHash('sha256').update(stored).digest('hex') }
}

/** A file as the manifest knows it. @throws BackupError `damaged`, `key` */
export async function readFileOf(
  { target, key, folder }: Place,
  { name, sha256, size }: BackupFile,
): Promise<Buffer> {
  const stored = await target.get(folder + name)
  if (stored === null)
    throw new BackupError('damaged', `${folder}${name} is missing in ${target.place}.`)
  if (stored.length !== size || describeFile(name, stored).sha256 !== sha256)
    throw new BackupError(
      'damaged',
      `${folder}${name} in ${target.place} is not what was stored: ${stored.length} bytes for ${size}, or another checksum.`,
    )
  return open(folder + name, stored, key)
}

/** The bytes of the tar. @throws BackupError */
export async function readBaseFiles(
  place: Place,
  files: readonly BackupFile[],
  take: (tar: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const pieces = files.filter(({ name }) => name.startsWith('base/'))
  const stored = async function* (): AsyncIterable<Buffer> {
    for (const piece of pieces) yield await readFileOf(place, piece)
  }
  await pipeline(Readable.from(stored()), createGunzip(), async (tar) =>
    take(tar as AsyncIterable<Buffer>),
  )
}

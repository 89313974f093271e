/** Reads a tar as Postgres writes it. What is in it is not trusted: names that lead out of the folder are refused. */
import { BackupError } from './errors.ts'

export interface TarEntry {
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly size: number
  /** Of a file; to be read to its end. */
  readonly bytes: AsyncIterable<Buffer>
}

const blockBytes = 512

/** @throws BackupError `damaged` */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncIterable<TarEntry> {
  const reader = new BlockReader(chunks)
  for (;;) {
    const header = await reader.read(blockBytes)
    if (header === null) return
    // the end is two empty blocks, or none
    if (header.every((byte) => byte === 0)) continue
    yield await readEntry(header, reader)
  }
}

async function readEntry(header: Buffer, reader: BlockReader): Promise<TarEntry> {
  checkSum(header)
  const name = text(header, 0, 100)
  const prefix = text(header, 345, 155)
  const path = safePath(prefix === '' ? name : `${prefix}/${name}`)
  const size = readSize(header)
  const type = String.fromCharCode(header[156] as number)
  if (type === '5') return { path, kind: 'folder', size: 0, bytes: nothing() }
  if (type !== '0' && type !== '\0')
    throw damaged(`it holds "${path}", which is neither a file nor a folder`)
  const bytes = reader.take(size)
  return { path, kind: 'file', size, bytes }
}

/** `base/1/1259`; never out of the folder. @throws BackupError */
function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const isUnsafe =
    path.startsWith('/') || parts.some((part) => part === '..' || /[\\\0:]/.test(part))
  if (isUnsafe) throw damaged(`it holds the name "${path}", which leads out of the folder`)
  return parts.join('/')
}

function checkSum(header: Buffer): void {
  const told = Number.parseInt(text(header, 148, 8), 8)
  let sum = 0
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] as number)
  if (sum !== told) throw damaged('a header has a wrong checksum')
}

/** Octal, or (from 8 GiB on) binary with the first bit set. */
function readSize(header: Buffer): number {
  const size =
    ((header[124] as number) & 0x80) === 0
      ? Number.parseInt(text(header, 124, 12).trim() || '0', 8)
      : Number(header.readBigUInt64BE(128))
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw damaged('a file has no size')
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

async function* nothing(): AsyncIterable<Buffer> {}

function damaged(why: string): BackupError {
  return new BackupError('damaged', `The copy of the database cannot be used: ${why}.`)
}

class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Null at the end. */
  async read(length: number): Promise<Buffer | null> {
    const parts: Buffer[] = []
    let missing = length
    while (missing > 0) {
      const part = await this.#next(missing)
      if (part === null) {
        if (missing === length) return null
        throw damaged('it is cut off')
      }
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  /** The bytes of a file, and what fills its last block. */
  async *take(size: number): AsyncIterable<Buffer> {
    let missing = size
    while (missing > 0) {
      const part = await this.#next(missing)
      if (part === null) throw damaged('it is cut off')
      missing -= part.length
      yield part
    }
    const padding = (blockBytes - (size % blockBytes)) % blockBytes
    if (padding > 0 && (await this.read(padding)) === null) throw damaged('it is cut off')
  }

  /** Up to so many bytes. */
  async #next(most: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return null
      this.#rest = value
    }
    const part = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(part.length)
    return part
  }
}

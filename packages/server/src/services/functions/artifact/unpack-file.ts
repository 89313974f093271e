/** An archive back into a folder. It is what somebody kept for us: checked before it is opened, and bounded while it is. */
import { createHash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { maxEntries } from './check-folder.ts'

export interface ExpectedArchive {
  readonly sha256: string
  readonly size: number
  /** Of the archive, headers included. */
  readonly maxBytes: number
}

const kinds: readonly (string | undefined)[] = ['file', 'directory', 'symlink', 'link', undefined]
/** Of the header of an entry, with what a long name takes. */
const headerBytes = 4_096

/**
 * Nothing is unpacked of an archive that is not the expected one.
 * @throws Error
 */
export async function unpackFile(
  body: AsyncIterable<Uint8Array>,
  folder: string,
  { sha256, size, maxBytes }: ExpectedArchive,
): Promise<void> {
  const packed = await readExpected(body, size, sha256)
  let [entries, bytes] = [0, 0]
  const bounded = new Transform({
    transform: (chunk: Uint8Array, _, done) => {
      bytes += chunk.length
      if (bytes > maxBytes + maxEntries * headerBytes) done(new Error('the archive is too large'))
      else done(null, chunk)
    },
  })
  const files = unpackTar(folder, {
    strict: true,
    maxDepth: 100,
    // links out of the folder, absolute paths and .. are refused by the library
    filter: ({ name, type }) => {
      if (++entries > maxEntries) throw new Error('the archive has too many entries')
      if (!kinds.includes(type)) throw new Error(`${name} is a ${type}`)
      if (name.startsWith('/') || name.split('/').includes('..'))
        throw new Error(`${name} leads out of the archive`)
      return true
    },
  })
  await pipeline(Readable.from([packed]), createGunzip(), bounded, files)
}

async function readExpected(
  body: AsyncIterable<Uint8Array>,
  size: number,
  sha256: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > size) break
    chunks.push(chunk)
  }
  const packed = Buffer.concat(chunks)
  if (length !== size || createHash('sha256').update(packed).digest('hex') !== sha256)
    throw new Error('the archive is not the one that was deployed')
  return packed
}

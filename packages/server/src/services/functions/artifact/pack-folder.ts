/** A folder as a compressed archive, the same bytes for the same content. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { packTar } from 'modern-tar/fs'
import { checkFolder } from './check-folder.ts'
import { artifactErrors } from './errors.ts'

export interface Packed {
  /** Hex. */
  readonly sha256: string
  readonly size: number
}

export interface ArtifactLimits {
  readonly packedBytes: number
  readonly unpackedBytes: number
}

/** Whoever packs it, whenever. */
const common = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' }

/** Who runs it is not who packs it. */
function modeOf({ type, mode = 0 }: { readonly type?: string; readonly mode?: number }): number {
  return type === 'directory' || (mode & 0o100) !== 0 ? 0o755 : 0o644
}

/** @throws artifactErrors; what was written to `file` is the caller's to remove */
export async function packFolder(
  folder: string,
  file: string,
  { packedBytes, unpackedBytes }: ArtifactLimits,
): Promise<Packed> {
  await checkFolder(folder, unpackedBytes)
  const archive = packTar(folder, {
    map: (header) => ({ ...header, ...common, mode: modeOf(header) }),
    concurrency: 1,
  })
  const hash = createHash('sha256')
  let size = 0
  const measure = new Transform({
    transform: (chunk: Uint8Array, _, done) => {
      size += chunk.length
      hash.update(chunk)
      if (size > packedBytes) done(artifactErrors.artifact_too_large({ bytes: packedBytes }))
      else done(null, chunk)
    },
  })
  await pipeline(archive, createGzip(), measure, createWriteStream(file, { mode: 0o600 }))
  return { sha256: hash.digest('hex'), size }
}

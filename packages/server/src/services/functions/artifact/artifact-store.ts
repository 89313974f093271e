/** Artifacts where all bytes are kept, and those this machine has unpacked. */
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore } from '#base/blob'
import { uuid } from '#base/kernel'
import type { Random } from '#base/kernel'
import { blobKeyOf } from './blob-keys.ts'
import type { ArtifactLimits } from './pack-folder.ts'
import { UnpackedFolders } from './unpacked-folders.ts'

export interface Artifact {
  /** `<ref>/<slug>/<uuid>` */
  readonly artifact: string
  /** Of the packed bytes, in hex. */
  readonly sha256: string
  readonly size: number
}

export interface ArtifactOptions {
  readonly blobs: BlobStore
  /**
   * Of this process alone: `work/` while something is made, `cache/<sha256>/` what is unpacked. Asked for on first use.
   * Whoever knows a name in there may read: functions run as another account.
   */
  readonly folder: () => string
  readonly limits: () => ArtifactLimits & { readonly cacheBytes: number }
  readonly random: Random
}

/** Entered, but not listed. */
const passable = 0o711

export class ArtifactStore {
  readonly #options: ArtifactOptions
  readonly #unpacked: UnpackedFolders
  /** Those being unpacked, by their SHA-256: each once, however many ask. */
  readonly #opening = new Map<string, Promise<string | null>>()
  #cleared: Promise<void> | null = null

  constructor(options: ArtifactOptions) {
    this.#options = options
    this.#unpacked = new UnpackedFolders(() => join(options.folder(), 'cache'))
  }

  /** Runs `work` with a new, empty folder, which is gone afterwards. */
  async inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const parent = join(this.#options.folder(), 'work')
    // what a process that was killed has left
    await (this.#cleared ??= rm(parent, { recursive: true, force: true }))
    await mkdir(parent, { recursive: true, mode: passable })
    const folder = await mkdtemp(join(parent, 'f-'))
    try {
      await chmod(folder, passable)
      return await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Packs a folder and keeps it. `owner`: `<ref>/<slug>`. @throws artifactErrors, blobErrors */
  put(folder: string, owner: string): Promise<Artifact> {
    const { blobs, limits, random } = this.#options
    return this.inFolder(async (work) => {
      const file = join(work, 'artifact.tar.gz')
      // with its library, when the first is packed
      const { packFolder } = await import('./pack-folder.ts')
      const packed = await packFolder(folder, file, limits())
      const artifact = `${owner}/${uuid(random)}`
      const options = { contentType: 'application/gzip', cacheControl: 'no-cache' }
      await blobs.put(blobKeyOf(artifact), createReadStream(file), options)
      return { artifact, ...packed }
    })
  }

  /** Where it is unpacked; null where its bytes are not kept any more. @throws Error */
  async open(wanted: Artifact): Promise<string | null> {
    const { sha256 } = wanted
    await this.#unpacked.load()
    const there = this.#unpacked.use(sha256)
    if (there !== null) return there
    const opening =
      this.#opening.get(sha256) ?? this.#unpack(wanted).finally(() => this.#opening.delete(sha256))
    this.#opening.set(sha256, opening)
    return opening
  }

  /** Whether it is unpacked; it counts as used. */
  use(sha256: string): boolean {
    return this.#unpacked.use(sha256) !== null
  }

  /** Those that are not there are none. */
  async remove(artifacts: readonly string[]): Promise<void> {
    await this.#options.blobs.delete(artifacts.map(blobKeyOf))
  }

  async #unpack({ artifact, sha256, size }: Artifact): Promise<string | null> {
    const { blobs, limits } = this.#options
    const { unpackedBytes, cacheBytes } = limits()
    const blob = await blobs.get(blobKeyOf(artifact), null)
    if (blob === null) return null
    const place = await this.inFolder(async (work) => {
      const folder = join(work, 'unpacked')
      const { unpackFile } = await import('./unpack-file.ts')
      await unpackFile(blob.body, folder, { sha256, size, maxBytes: unpackedBytes })
      await chmod(folder, 0o755)
      const target = this.#unpacked.placeOf(sha256)
      await mkdir(dirname(target), { recursive: true, mode: passable })
      await rename(folder, target).catch(async (error: unknown) => {
        // another process was first
        if (!(await isFolder(target))) throw error
      })
      return target
    })
    await this.#unpacked.add(sha256, cacheBytes)
    return place
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

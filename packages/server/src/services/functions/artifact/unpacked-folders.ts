/** The folders a machine has unpacked: bounded by what they take, the one unused for longest goes first. */
import { existsSync } from 'node:fs'
import { lstat, readdir, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'

interface Known {
  readonly bytes: number
  usedMs: number
}

/** Somebody may still run what was asked for so lately: longer than a call may take. */
const inUseMs = 10 * 60_000
/** Whether one is still there is looked at when it was not used for so long. */
const checkEveryMs = 1000

export class UnpackedFolders {
  readonly #root: () => string
  /** By SHA-256. */
  readonly #known = new Map<string, Known>()
  #loading: Promise<void> | null = null

  constructor(root: () => string) {
    this.#root = root
  }

  /** Looks at what earlier processes have left, once. */
  load(): Promise<void> {
    return (this.#loading ??= this.#readLeft())
  }

  placeOf(sha256: string): string {
    return join(this.#root(), sha256)
  }

  /** Where it is, or null; it counts as used. */
  use(sha256: string): string | null {
    const found = this.#known.get(sha256)
    if (found === undefined) return null
    const now = Date.now()
    const place = this.placeOf(sha256)
    // somebody may have cleared away what we unpacked
    if (now - found.usedMs > checkEveryMs && !existsSync(place)) {
      this.#known.delete(sha256)
      return null
    }
    found.usedMs = now
    return place
  }

  /** One that is there now; others go where all together are larger than `maxBytes`. */
  async add(sha256: string, maxBytes: number): Promise<void> {
    const known = this.#known
    const place = this.placeOf(sha256)
    known.set(sha256, { bytes: await sizeOf(place), usedMs: Date.now() })
    await utimes(place, new Date(), new Date())
    let total = [...known.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    const unused = [...known]
      .filter(([, { usedMs }]) => usedMs < Date.now() - inUseMs)
      .toSorted(([, a], [, b]) => a.usedMs - b.usedMs)
    for (const [name, { bytes }] of unused) {
      if (total <= maxBytes) return
      total -= bytes
      known.delete(name)
      await discard(this.placeOf(name))
    }
  }

  async #readLeft(): Promise<void> {
    for (const name of await readdir(this.#root()).catch(() => [])) {
      const place = this.placeOf(name)
      if (!/^[0-9a-f]{64}$/.test(name)) await rm(place, { recursive: true, force: true })
      else
        this.#known.set(name, {
          bytes: await sizeOf(place),
          usedMs: (await lstat(place)).mtimeMs,
        })
    }
  }
}

/** Not there for anybody at once, then removed. */
async function discard(place: string): Promise<void> {
  const gone = `${place}.gone`
  await rename(place, gone).catch(() => {})
  await rm(gone, { recursive: true, force: true })
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? await sizeOf(path) : (await lstat(path)).size
  }
  return bytes
}

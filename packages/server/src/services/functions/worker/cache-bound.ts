/** Keeps Deno's cache from growing without an end: a function can import modules it makes up, and each leaves something there. */
import { cacheFolderOf, clearCacheFolder } from '#services/functions/deno'
import type { DenoHost } from '#services/functions/deno'
import { bytesBelow } from './process-usage.ts'

const maxBytes = 1024 * 1024 * 1024
const maxEntries = 200_000
/** How often it is counted; where that takes long, so much of the time at most. */
const lookEveryMs = 20_000
const lookShare = 0.02

export class CacheBound {
  /** How often it has been cleared: workers that began before hold files that are gone. */
  clearings = 0
  readonly #host: DenoHost
  readonly #maxBytes: number
  #lookAtMs = 0
  /** Counts, or clears. */
  isLooking = false

  /** The one of this machine's cache. */
  static of(host: DenoHost): CacheBound {
    let bound = bounds.get(host)
    if (bound === undefined) bounds.set(host, (bound = new CacheBound(host)))
    return bound
  }

  constructor(host: DenoHost, limit: number = maxBytes) {
    this.#host = host
    this.#maxBytes = limit
  }

  /** To be called often. */
  watch(nowMs: number): void {
    if (this.isLooking || nowMs < this.#lookAtMs) return
    this.isLooking = true
    const began = performance.now()
    void this.#look()
      // a full disk, or somebody else has it: the next look tries again
      .catch(() => {})
      .finally(() => {
        this.isLooking = false
        this.#lookAtMs = nowMs + Math.max(lookEveryMs, (performance.now() - began) / lookShare)
      })
  }

  async #look(): Promise<void> {
    const cache = cacheFolderOf(this.#host)
    const bytes = await bytesBelow(cache, this.#maxBytes, { left: maxEntries })
    if (bytes <= this.#maxBytes) return
    this.clearings++
    await clearCacheFolder(this.#host)
  }
}

const bounds = new WeakMap<DenoHost, CacheBound>()

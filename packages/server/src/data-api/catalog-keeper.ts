/** Keeps one project's catalog current. Requests go on with the old one while a new one is loaded. */
import { loadCatalog } from '#data-api/introspect'
import type { LoadOptions } from '#data-api/introspect'
import type { PlanOptions } from '#data-api/plan'
import type { Database } from '#db'
import type { Log } from '#kernel'
import { responseErrors } from '#data-api/response'
import { PreparedPlans } from './prepared-plans.ts'

export interface KeeperOptions {
  readonly db: Database
  readonly load: LoadOptions
  readonly plan: PlanOptions
  /** Of NOTIFY; null listens to none. */
  readonly channel: string | null
  readonly log: Log
}

/** A request for something unknown may ask for a reload this soon after the last, or ten times what a load takes. */
const minReloadPauseMs = 50
const retryMs = 1_000

export class CatalogKeeper {
  readonly #options: KeeperOptions
  #plans: PreparedPlans | null = null
  #loading: Promise<void> | null = null
  /** A change was announced while a load was running: what it read may be older. */
  #stale = false
  #lastLoadedAt = 0
  #lastLoadMs = 0
  #closed = false
  #retry: NodeJS.Timeout | null = null
  #stopListening: (() => void) | null = null

  private constructor(options: KeeperOptions) {
    this.#options = options
  }

  /**
   * Loads the catalog once, then on every `NOTIFY pgrst` and after the listening connection was lost. A database that
   * cannot be reached yet is no reason to reject: requests are answered PGRST002 until it can.
   */
  static async open(options: KeeperOptions): Promise<CatalogKeeper> {
    const keeper = new CatalogKeeper(options)
    await keeper.#start()
    return keeper
  }

  /** The plans over the current catalog. Throws PGRST002 while there is none. */
  get plans(): PreparedPlans {
    if (this.#plans === null) throw responseErrors.PGRST002()
    return this.#plans
  }

  /** False until the first catalog is read. */
  get isReady(): boolean {
    return this.#plans !== null
  }

  /** Resolves when a catalog read after this call is in use; calls meanwhile share one load. */
  reload(): Promise<void> {
    if (this.#loading !== null) {
      this.#stale = true
      return this.#loading
    }
    this.#loading = this.#loadUntilFresh().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  /** A reload for a request that met something unknown, at most so often. */
  async reloadForMissing(): Promise<void> {
    const pause = Math.max(minReloadPauseMs, this.#lastLoadMs * 10)
    const early = this.#lastLoadedAt + pause - performance.now()
    if (early > 0 && this.#loading === null) {
      await new Promise((resolve) => setTimeout(resolve, early))
    }
    await (this.#loading ?? this.reload()).catch(() => {})
  }

  close(): void {
    this.#closed = true
    this.#stopListening?.()
    if (this.#retry !== null) clearTimeout(this.#retry)
  }

  /** Listens before it loads: what changes in between is announced. */
  async #start(): Promise<void> {
    const { db, channel } = this.#options
    try {
      if (channel !== null) {
        this.#stopListening ??= await db.listen(
          channel,
          (payload) => {
            if (payload === '' || payload === 'reload schema') this.#reloadSoon()
          },
          () => this.#reloadSoon(),
        )
      }
      await this.reload()
    } catch (error) {
      this.#options.log.warn('the data API waits for its database', { error: String(error) })
      this.#retryLater(() => void this.#start())
    }
  }

  #retryLater(work: () => void): void {
    if (this.#closed) return
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = setTimeout(work, retryMs)
  }

  #reloadSoon(): void {
    this.reload().catch(() => this.#retryLater(() => this.#reloadSoon()))
  }

  async #loadUntilFresh(): Promise<void> {
    do {
      this.#stale = false
      await this.#load()
    } while (this.#stale && !this.#closed)
  }

  async #load(): Promise<void> {
    const { db, load, plan, log } = this.#options
    const startedAt = performance.now()
    try {
      const catalog = await loadCatalog(db, load)
      this.#plans = new PreparedPlans(catalog, plan)
      this.#lastLoadMs = performance.now() - startedAt
      log.debug('catalog loaded', { duration_ms: Math.round(this.#lastLoadMs) })
    } catch (error) {
      log.warn('the catalog could not be loaded', { error: String(error) })
      throw error
    } finally {
      this.#lastLoadedAt = performance.now()
    }
  }
}

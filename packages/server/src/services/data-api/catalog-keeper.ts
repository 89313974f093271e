/** Keeps one project's catalog current. Requests go on with the old one while a new one is loaded. */
import { loadCatalog, loadFingerprint } from '#base/catalog/introspect'
import type { LoadOptions } from '#base/catalog/introspect'
import type { PlanOptions } from '#services/data-api/plan'
import type { Database } from '#base/db'
import type { Log } from '#base/kernel'
import { responseErrors } from '#services/data-api/response'
import { PreparedPlans } from './prepared-plans.ts'

export interface KeeperOptions {
  readonly db: Database
  readonly load: LoadOptions
  readonly plan: PlanOptions
  /** A function of the project is called before each request's statements. */
  readonly callsFirst: boolean
  /** Of NOTIFY; null listens to none. */
  readonly channel: string | null
  readonly log: Log
}

const retryMs = 1_000
/** Changes announced without end may take this part of the time for loading: `1 / (1 + rest)`. */
const restPerLoad = 2

export class CatalogKeeper {
  readonly #options: KeeperOptions
  #plans: PreparedPlans | null = null
  #loading: Promise<void> | null = null
  /** A change was announced while a load was running: what it read may be older. */
  #stale = false
  /** Before it, what is announced waits. In `performance.now()` ms. */
  #restUntil = 0
  /** Somebody waits for the next load: no rest before it. */
  #isWaitedFor = false
  #endRest: (() => void) | null = null
  #fingerprint = ''
  #checking: Promise<void> | null = null
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

  /** Of the catalog in use: equal where what was read is. */
  get fingerprint(): string {
    return this.#fingerprint
  }

  /** False until the first catalog is read. */
  get isReady(): boolean {
    return this.#plans !== null
  }

  /** Resolves when a catalog read after this call is in use; calls meanwhile share one load. */
  reload(): Promise<void> {
    this.#isWaitedFor = true
    this.#endRest?.()
    return this.#reloadRested()
  }

  /** For a request that met something unknown: resolves once the catalog is no older than the call. */
  async reloadForMissing(): Promise<void> {
    this.#endRest?.()
    await this.#loading?.catch(() => {})
    // a check that began before this call may have looked too early; one that begins now serves all who wait
    await this.#checking
    this.#checking ??= this.#reloadIfChanged().finally(() => {
      this.#checking = null
    })
    await this.#checking
  }

  close(): void {
    this.#closed = true
    this.#endRest?.()
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

  /** What is announced is loaded at once after a quiet time; one change after the other leaves requests their share of the CPU. */
  #reloadSoon(): void {
    this.#reloadRested().catch(() => this.#retryLater(() => this.#reloadSoon()))
  }

  #reloadRested(): Promise<void> {
    this.#stale = true
    this.#loading ??= this.#loadUntilFresh().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #loadUntilFresh(): Promise<void> {
    while (this.#stale && !this.#closed) {
      if (!this.#isWaitedFor) await this.#rest()
      this.#isWaitedFor = false
      this.#stale = false
      await this.#load()
    }
  }

  async #rest(): Promise<void> {
    const restMs = this.#restUntil - performance.now()
    if (restMs <= 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs)
      timer.unref()
      this.#endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endRest = null
  }

  /** A reload takes 50 ms and more, the question whether it would find anything new 2–5 ms (1,000 tables). */
  async #reloadIfChanged(): Promise<void> {
    const { db, load } = this.#options
    try {
      if ((await loadFingerprint(db, load)) !== this.#fingerprint) await this.reload()
    } catch {
      // the request is answered from the catalog there is
    }
  }

  async #load(): Promise<void> {
    const { db, load, plan, callsFirst, log } = this.#options
    const startedAt = performance.now()
    try {
      const { catalog, fingerprint } = await loadCatalog(db, load)
      this.#plans = new PreparedPlans(catalog, plan, callsFirst)
      this.#fingerprint = fingerprint
      const tookMs = performance.now() - startedAt
      this.#restUntil = performance.now() + restPerLoad * tookMs
      log.debug('catalog loaded', { duration_ms: Math.round(tookMs) })
    } catch (error) {
      log.warn('the catalog could not be loaded', { error: String(error) })
      throw error
    }
  }
}

/** Keeps the embedded Postgres running: one that ends by itself is started again, at once and then with longer and longer pauses. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#base/kernel'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.ts'
import { maxRestarts, restartDelayMs, restartWindowMs } from './restart-delay.ts'
import { StartError } from '#host/node/core'

export interface KeepOptions extends EmbeddedPostgresOptions {
  readonly log: Log
  /** Why there is no database, where that may last; null when there is again. */
  readonly onTrouble: (message: string | null) => void
  /** It ended too often to be started again. */
  readonly onFailure: (error: unknown) => void
}

/** Rejects with the first start's `StartError`. */
export async function keepPostgres(options: KeepOptions): Promise<KeptPostgres> {
  return new KeptPostgres(options, await startEmbeddedPostgres(options))
}

export class KeptPostgres {
  readonly #options: KeepOptions
  readonly #stopping = new AbortController()
  readonly #endedAt: number[] = []
  #current: EmbeddedPostgres
  /** Under way, from an end to the next start that held. */
  #restart: Promise<void> = Promise.resolve()

  constructor(options: KeepOptions, first: EmbeddedPostgres) {
    this.#options = options
    this.#current = first
    this.#watch()
  }

  get current(): EmbeddedPostgres {
    return this.#current
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#restart
    await this.#current.stop()
  }

  #watch(): void {
    void this.#current.exited.then((exit) => {
      if (this.#stopping.signal.aborted) return
      this.#options.log.error('Postgres ended unexpectedly', { ...exit })
      this.#restart = this.#startAgain('it ended by itself')
    })
  }

  /** A start would make a new database where the folder is gone, for the moment perhaps. */
  #requireData(): void {
    const { dataDir } = this.#options
    if (existsSync(join(dataDir, 'PG_VERSION'))) return
    throw new StartError('not-a-data-folder', `There is no database in ${dataDir} any more`)
  }

  async #startAgain(reason: string): Promise<void> {
    const { log, onTrouble, onFailure } = this.#options
    const { signal } = this.#stopping
    this.#endedAt.splice(0, this.#endedAt.length - maxRestarts)
    this.#endedAt.push(performance.now())
    const delayMs = restartDelayMs(this.#endedAt)
    if (delayMs === null) {
      const often = `Postgres ended ${maxRestarts + 1} times within ${restartWindowMs / 1000} s`
      onFailure(
        new StartError('postgres-failed', `${often}, lastly because ${reason}. Its log says why.`),
      )
      return
    }
    // a first start again takes 0.1 s, which requests wait for
    if (delayMs > 0) onTrouble(`Postgres does not run (${reason}); it is being started again.`)
    await sleep(delayMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    try {
      this.#requireData()
      this.#current = await startEmbeddedPostgres({ ...this.#options, onProgress: () => {} })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      log.error('Postgres could not be started again', { error: message })
      return this.#startAgain(message)
    }
    log.warn('Postgres was started again', { pid: this.#current.pid, after_ms: delayMs })
    onTrouble(null)
    this.#watch()
  }
}

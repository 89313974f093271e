/** The API, the worker, or both in one process. */
import { startApi } from '#api'
import type { CodeConfig } from '#config'
import { migrate, openDatabase } from '#postgres'
import type { Log } from '#core'
import { startWorker } from '#worker'

export interface StartOptions {
  readonly config: CodeConfig
  readonly log: Log
  readonly serves: boolean
  readonly works: boolean
}

export interface RunningCode {
  /** Of the API; null without one. */
  readonly url: string | null
  close(): Promise<void>
}

export async function startCode({
  config,
  log,
  serves,
  works,
}: StartOptions): Promise<RunningCode> {
  const db = open(config, log)
  try {
    const worker = works ? await startWorker({ db, config, log }) : null
    const api = serves ? await startApi({ db, config, log }) : null
    const close = async (): Promise<void> => {
      await api?.close()
      await worker?.close()
      await db.close()
    }
    let closing: Promise<void> | null = null
    return { url: api?.url ?? null, close: () => (closing ??= close()) }
  } catch (error) {
    await db.close()
    throw error
  }
}

/** Installs what is missing of the tables; resolves to the names of what it applied. */
export async function migrateCode(config: CodeConfig, log: Log): Promise<readonly string[]> {
  // an index is made as long as it takes
  const db = open({ ...config, poolSize: 1, queryTimeoutMs: null }, log)
  try {
    return await migrate(db)
  } finally {
    await db.close()
  }
}

type Opened = Omit<CodeConfig, 'queryTimeoutMs'> & { readonly queryTimeoutMs: number | null }

function open(config: Opened, log: Log) {
  return openDatabase({
    url: config.databaseUrl,
    poolSize: config.poolSize,
    preparedStatements: config.preparedStatements,
    queryTimeoutMs: config.queryTimeoutMs,
    log,
  })
}

/** Opens a database: a pool, a listener, and the statements' learned costs behind one `Database`. */
import type { ConnectionOptions } from './connection-options.ts'
import type { Database, Result } from './database.ts'
import type { Dispatcher } from './dispatcher.ts'
import { Listener } from './listener.ts'
import type { OutageEvents } from './outage.ts'
import { Pool } from './pool.ts'
import { StatementCosts } from './statement-costs.ts'
import { StreamPlaces } from './stream-places.ts'
import { streamRows } from './stream-rows.ts'
import { runAlone, runTransaction, withTransaction } from './transaction.ts'

export interface DatabaseOptions {
  readonly connection: ConnectionOptions
  readonly minConnections?: number
  readonly maxConnections?: number
  /** Cheap statements in flight on one shared connection. Default 16. */
  readonly pipelineDepth?: number
  /**
   * Processors Postgres has, where that is known. As many connections are shared by cheap statements, at least 2: with 2
   * processors that gives 10 to 15 % more than 4 do with 16 callers, 4 % less with 64. Unknown, 4 are shared: 4 × 16 in
   * flight gave 88.9 k queries/s, 16 × 4 73.4 k, 32 × 16 49.1 k (measurements C2).
   */
  readonly processors?: number
  readonly maxWaiting?: number
  readonly acquireTimeoutMs?: number
  /** How long requests wait out a server that cannot be reached. Default 2 s. */
  readonly connectPatienceMs?: number
  readonly idleTimeoutMs?: number
  /** Default 1 h; 0: connections are never replaced. */
  readonly lifetimeMs?: number
  /** What is listened on, where `connection` is a pooler's. */
  readonly listenConnection?: ConnectionOptions
  readonly preparedStatements?: boolean
  readonly maxPreparedStatements?: number
  readonly onNotice?: (severity: string, message: string) => void
  /** Told when connections cannot be had, and when they can again. */
  readonly outageEvents?: OutageEvents
}

const slowMs = 50

/** Nothing is connected yet: the first request opens the first connection. */
export function openDatabase(options: DatabaseOptions): Database {
  const maxWaiting = options.maxWaiting ?? 5_000
  const acquireTimeoutMs = options.acquireTimeoutMs ?? 10_000
  const { processors } = options
  const costs = new StatementCosts()
  const pool = new Pool({
    connection: options.connection,
    min: options.minConnections ?? 1,
    max: options.maxConnections ?? 16,
    depth: options.pipelineDepth ?? 16,
    sharedConnections: processors === undefined ? 4 : Math.max(2, processors),
    maxWaiting,
    acquireTimeoutMs,
    connectPatienceMs: options.connectPatienceMs ?? 2_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    lifetimeMs: options.lifetimeMs ?? 3_600_000,
    maxPrepared: options.maxPreparedStatements ?? 256,
    onDone: (pipeline, ms) => {
      // what was stopped for being slow is slow
      if (pipeline.error === null || ms > slowMs) costs.learn(pipeline.statements, ms)
    },
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
    ...(options.outageEvents === undefined ? {} : { outageEvents: options.outageEvents }),
  })
  const listener = new Listener(options.listenConnection ?? options.connection)
  const preparedStatements = options.preparedStatements ?? true
  const streams = new StreamPlaces(options.maxConnections ?? 16, acquireTimeoutMs, maxWaiting)
  const dispatcher: Dispatcher = { pool, costs, streams, preparedStatements }
  return {
    transaction: (session, statements, run = {}) =>
      runTransaction(dispatcher, session, statements, run),
    streamRows: (session, statements, separator, run = {}) =>
      streamRows(dispatcher, session, statements, separator, run),
    execute: async (statement, run = {}) => {
      const [result] = await runAlone(dispatcher, [statement], run)
      return result as Result
    },
    executeAll: (statements, run = {}) => runAlone(dispatcher, statements, run),
    begin: (session, work, run = {}) => withTransaction(dispatcher, session, run, work),
    listen: (channel, onPayload, onReconnect = () => {}) =>
      listener.listen(channel, onPayload, onReconnect),
    stats: () => pool.stats(),
    close: async () => {
      listener.close()
      await pool.close()
    },
  }
}

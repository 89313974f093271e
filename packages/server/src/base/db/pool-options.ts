/** How many connections a pool has, for how long, and how long anybody waits for one. */
import type { ConnectionOptions } from './connection-options.ts'
import type { OutageEvents } from './outage.ts'
import type { Pipeline } from './pipeline.ts'

export interface PoolOptions {
  readonly connection: ConnectionOptions
  /** Connections kept open when idle. */
  readonly min: number
  readonly max: number
  /** Pipelines in flight on a shared connection. */
  readonly depth: number
  /** Connections that are shared, at most. */
  readonly sharedConnections: number
  /** Requests that may wait for a connection; one more is refused at once. */
  readonly maxWaiting: number
  readonly acquireTimeoutMs: number
  /** How long requests wait out a server that cannot be reached (a restart takes 0.4 s). */
  readonly connectPatienceMs: number
  /** An idle connection above `min` is closed after this long. */
  readonly idleTimeoutMs: number
  /** A connection is replaced after this long; 0: never. */
  readonly lifetimeMs: number
  /** Prepared statements kept on each connection. */
  readonly maxPrepared: number
  readonly outageEvents?: OutageEvents
  readonly onNotice?: (severity: string, message: string) => void
  readonly onDone?: (pipeline: Pipeline, ms: number) => void
}

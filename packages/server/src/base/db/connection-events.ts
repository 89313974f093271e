/** What a connection tells whoever opened it. */
import type { Connection } from './connection.ts'
import type { ConnectionError } from './errors.ts'
import type { Pipeline } from './pipeline.ts'

export interface ConnectionEvents {
  /** The connection is gone; its pipelines have been rejected. Called once. */
  onClose(connection: Connection, error: ConnectionError): void
  /** A pipeline has ended; `ms` is how long the server had it at the head. */
  onDone?(connection: Connection, pipeline: Pipeline, ms: number): void
  /** A cancel request has landed: the connection may be given pipelines again. */
  onUsable?(connection: Connection): void
  onNotification?(channel: string, payload: string): void
  onNotice?(severity: string, message: string): void
}

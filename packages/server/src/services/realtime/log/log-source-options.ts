/** What a source of the log is made of. */
import type { Bus } from '#base/bus'
import type { Project } from '#base/service'
import type { LogSink } from './sink.ts'
import type { ConnectReplication } from './slot.ts'

export interface LogSourceOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  readonly createMessagesPublication: () => Promise<void>
  readonly bus: Bus
  /** Of this node, among those of the project. */
  readonly node: string
  readonly stats: { lagBytes: number }
  /** Asked anew after each `restart`. */
  readonly sink: () => LogSink
  /** The log is no longer read: what comes then is another sink's. */
  readonly onClosed: () => void
}

/** Changes of rows, and messages that SQL sends, followed while somebody listens. */
import type { ConnectionOptions } from '#base/db'
import type { Project } from '#base/service'
import type { ChangeSource, Hub, RealtimeStats } from '#services/realtime/channel'

export type ConnectReplication = () => Promise<ConnectionOptions>

export interface ChangesOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  readonly hub: Hub
  readonly stats: RealtimeStats
}

export interface Changes extends ChangeSource {
  close(): Promise<void>
}

export function openChanges(_options: ChangesOptions): Changes {
  const why = 'Changes of the database are not followed yet'
  return {
    hold: () => () => {},
    ready: () => Promise.resolve(why),
    subscribe: () => Promise.resolve({ ok: false, message: why }),
    close: () => Promise.resolve(),
  }
}

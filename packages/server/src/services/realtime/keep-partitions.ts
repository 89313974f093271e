/** Keeps the days of `realtime.messages`: partitions for the next ones are made, those past their three days dropped. */
import { systemSession } from '#base/db'
import type { Database } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'

export interface PartitionKeeperOptions {
  /** Logged in as `realtimeLogin`. */
  readonly db: Database
  readonly log: Log
}

export interface PartitionKeeper {
  close(): Promise<void>
}

/** Days are made three ahead: eleven calls in a row may fail before a message finds no place. */
const intervalMs = 6 * 3_600_000

/** Begins at once and goes on; the caller need not wait. A failure is logged, and tried again at the next turn. */
export function keepPartitions({ db, log }: PartitionKeeperOptions): PartitionKeeper {
  const keep = async (): Promise<void> => {
    try {
      await db.transaction(
        systemSession,
        [sql`/* realtime.keepPartitions */ select realtime.basalt_keep_partitions()::text`],
        { leaves: 'nothing' },
      )
    } catch (error) {
      log.warn('the partitions of realtime.messages could not be kept', { error: String(error) })
    }
  }
  let running = keep()
  const timer = setInterval(() => {
    running = keep()
  }, intervalMs)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}

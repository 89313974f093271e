/** Keeps the days of `realtime.messages`: partitions for the next ones are made, those past their three days dropped. */
import { openDatabase, systemSession } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'

export interface PartitionKeeperOptions {
  /** Of `realtimeLogin`; opened for each turn, four times a day. */
  readonly connection: ConnectionOptions
  readonly log: Log
}

export interface PartitionKeeper {
  close(): Promise<void>
}

/** Days are made three ahead: eleven calls in a row may fail before a message finds no place. */
const intervalMs = 6 * 3_600_000

/** Resolves when the days are there, and goes on. A failure is logged, and tried again at the next turn. */
export async function keepPartitions({
  connection,
  log,
}: PartitionKeeperOptions): Promise<PartitionKeeper> {
  const keep = async (): Promise<void> => {
    const db = openDatabase({ connection, maxConnections: 1 })
    try {
      await db.transaction(
        systemSession,
        [sql`/* realtime.keepPartitions */ select realtime.basalt_keep_partitions()::text`],
        { leaves: 'nothing' },
      )
    } catch (error) {
      log.warn('the partitions of realtime.messages could not be kept', { error: String(error) })
    } finally {
      await db.close()
    }
  }
  let running = keep()
  await running
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

/** Keeps the days of `realtime.messages`: partitions for the next ones are made, those past their three days dropped. */
import { openDatabase, systemSession } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { sql } from '#base/sql'

export interface PartitionKeeperOptions {
  /** Of `realtimeLogin`; opened for each turn, four times a day. */
  readonly connection: ConnectionOptions
  readonly clock: Clock
  readonly log: Log
}

export interface PartitionKeeper {
  close(): Promise<void>
}

/** Days are made three ahead: eleven calls in a row may fail before a message finds no place. */
const intervalMs = 6 * 3_600_000
/** Timers stand still while the machine sleeps: the time of day is looked at this often. */
const lookMs = 60_000
/** A new day locks the table, and who wants to send waits behind it: not for as long as somebody's dump takes. */
const lockMs = 1_000

/** Resolves when the days are there, and goes on. A failure is logged, and tried again a minute later. */
export async function keepPartitions(options: PartitionKeeperOptions): Promise<PartitionKeeper> {
  const { clock } = options
  let isFailing = false
  let keptMs = Number.NEGATIVE_INFINITY
  const keep = async (): Promise<void> => {
    const nowMs = clock.now()
    const error = await keepOnce(options.connection)
    if (error === null) keptMs = nowMs
    else if (!isFailing)
      options.log.warn('the partitions of realtime.messages could not be kept', { error })
    isFailing = error !== null
  }
  let running: Promise<void> | null = keep()
  await running
  running = null
  const timer = setInterval(() => {
    if (Math.abs(clock.now() - keptMs) < intervalMs) return
    running ??= keep().finally(() => (running = null))
  }, lookMs)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}

/** Resolves with what went wrong, or null. */
async function keepOnce(connection: ConnectionOptions): Promise<string | null> {
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    await db.transaction(
      systemSession,
      [
        sql`/* realtime.limitLocks */ select pg_catalog.set_config('lock_timeout', ${String(lockMs)}, true)`,
        sql`/* realtime.keepPartitions */ select realtime.basalt_keep_partitions()::text`,
      ],
      { leaves: 'nothing' },
    )
    return null
  } catch (error) {
    return String(error)
  } finally {
    await db.close()
  }
}

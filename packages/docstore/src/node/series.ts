/** `openSeries({ dataDir })`, or on an open document store: the time-series API. */
import { systemClock } from '#kernel'
import type { Docstore } from '#database'
import { Series } from '#series'
import { openStorage, type OpenOptions } from './open-docstore.ts'

export interface OpenSeriesOptions extends OpenOptions {
  /** An open document store whose files are to be shared; `close` then leaves it open. */
  docstore?: Docstore
  /** A day by default; fixed when the database is made. */
  bucketMs?: number
  /** Records expire this long after their time. */
  ttlMs?: number
}

export interface OpenedSeries {
  series: Series
  close(): Promise<void>
}

const dayMs = 86_400_000

export async function openSeries(options: OpenSeriesOptions): Promise<OpenedSeries> {
  const { docstore, bucketMs = dayMs, ttlMs } = options
  const storage = docstore?.internals.storage ?? (await openStorage(options))
  const now = options.now ?? docstore?.internals.now ?? systemClock
  const close = async () => (docstore === undefined ? storage.close() : undefined)
  try {
    return { series: await Series.open(storage, { now, bucketMs, ttlMs }), close }
  } catch (error) {
    await close()
    throw error
  }
}

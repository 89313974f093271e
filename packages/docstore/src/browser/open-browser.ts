/** The document store in a browser: the same API on the browser's own IndexedDB. */
import { BrowserLevel } from 'browser-level'
import { failure, systemClock, type Clock } from '#kernel'
import { createLevelEngine, type Engine } from '#engine'
import { Storage } from '#storage'
import { Docstore, type Stores } from '#database'
import { Series } from '#series'

export interface BrowserOptions {
  /** Name of the database in the browser. */
  name: string
  /** 8 MiB by default. */
  maxPendingBytes?: number
  /** 60,000 by default, 0 never. */
  sweepIntervalMs?: number
  now?: Clock
}

interface LockManager {
  request(
    name: string,
    options: { ifAvailable: boolean },
    work: (lock: unknown) => Promise<void>,
  ): Promise<void>
}

/** Held until released; undefined where another tab has it. Without the browser's locks (old ones) nobody is kept out. */
function takeLock(name: string): Promise<(() => void) | undefined> {
  const locks = (
    (globalThis as { navigator?: object }).navigator as { locks?: LockManager } | undefined
  )?.locks
  if (locks === undefined) return Promise.resolve(() => undefined)
  return new Promise((resolve, reject) => {
    locks
      .request(`basalt-docstore:${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined)
          return Promise.resolve()
        }
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}

/** An engine on IndexedDB, for one tab at a time: throws `database_locked` in the others. */
export async function openBrowserEngine(name: string): Promise<Engine> {
  const release = await takeLock(name)
  if (release === undefined)
    throw failure('database_locked', {
      dataDir: name,
      holder: 'another tab or worker of this origin',
    })
  const level = new BrowserLevel<string, string>(name, {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  })
  await level.open()
  const engine = createLevelEngine(level)
  const close = engine.close.bind(engine)
  engine.close = async () => {
    await close()
    release()
  }
  return engine
}

/** `await openDocstore({ name: 'app' })`. A browser acknowledges writes when IndexedDB does. */
export async function openDocstore<S extends Stores = Stores>(
  options: BrowserOptions,
): Promise<Docstore<S>> {
  const engine = await openBrowserEngine(options.name)
  const storage = new Storage(engine, {
    durability: 'sync',
    syncIntervalMs: 100,
    maxPendingBytes: options.maxPendingBytes ?? 8 << 20,
  })
  return Docstore.open<S>(storage, {
    now: options.now ?? systemClock,
    sweepIntervalMs: options.sweepIntervalMs ?? 60_000,
  })
}

/** Time series in the files of an open document store. */
export function openSeries(
  docstore: Docstore,
  options: { bucketMs?: number; ttlMs?: number } = {},
): Promise<Series> {
  const { storage, now } = docstore.internals
  return Series.open(storage, {
    now,
    bucketMs: options.bucketMs ?? 86_400_000,
    ttlMs: options.ttlMs,
  })
}

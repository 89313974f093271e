/** `openDocstore({ dataDir })`: the documents API on LevelDB in a folder, or in memory. */
import { failure, show, systemClock, type Clock } from '#kernel'
import { openMemoryEngine, type Engine } from '#engine'
import { Storage, type Durability } from '#storage'
import { Docstore, type Stores } from '#database'
import { openLevelEngine } from './open-level.ts'

export interface OpenOptions {
  /** Folder of the files, made when it is not there; without one everything is in memory. */
  dataDir?: string
  /** When a write is acknowledged: on stable storage ('sync', the default), or earlier. */
  durability?: Durability
  /** With durability 'interval': how much of the newest work a power cut may take, in milliseconds; 100 by default. */
  syncIntervalMs?: number
  /** Unwritten bytes at which writers wait; 64 MiB by default. */
  maxPendingBytes?: number
  /** Whether files are checked before opening: 'full' (the default) or 'none'. */
  verify?: 'full' | 'none'
  /** 32 MiB by default. */
  cacheBytes?: number
  /** 64 MiB by default: writes wait for the file that is made when it is full; opening reads as much back. */
  writeBufferBytes?: number
  /** How often expired documents are removed; 60,000 by default, 0 never. */
  sweepIntervalMs?: number
  /** For tests. */
  now?: Clock
  /** Another engine that passes `engineSuite`, instead of `dataDir`. */
  engine?: Engine
}

export async function openStorage(options: OpenOptions): Promise<Storage> {
  const { durability = 'sync', dataDir } = options
  if (!['sync', 'interval', 'none'].includes(durability))
    throw failure('invalid_option', {
      option: 'durability',
      expected: "'sync', 'interval' or 'none'",
      got: show(durability),
    })
  if (dataDir !== undefined && (typeof dataDir !== 'string' || dataDir === ''))
    throw failure('invalid_option', {
      option: 'dataDir',
      expected: 'the path of a folder',
      got: show(dataDir),
    })
  const maxPendingBytes = positive(options, 'maxPendingBytes', 64 << 20)
  const syncIntervalMs = positive(options, 'syncIntervalMs', 100)
  const engine =
    options.engine ??
    (dataDir === undefined ? await openMemoryEngine() : await openLevel(dataDir, options))
  return new Storage(engine, { durability, syncIntervalMs, maxPendingBytes })
}

function openLevel(dataDir: string, options: OpenOptions): Promise<Engine> {
  return openLevelEngine({
    dataDir,
    verify: options.verify ?? 'full',
    cacheBytes: positive(options, 'cacheBytes', 32 << 20),
    writeBufferBytes: positive(options, 'writeBufferBytes', 64 << 20),
  })
}

function positive(options: OpenOptions, option: keyof OpenOptions, otherwise: number): number {
  const value = options[option] ?? otherwise
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
  throw failure('invalid_option', { option, expected: 'a number above 0', got: show(value) })
}

/** Throws `database_locked`, `database_corrupt`, `invalid_option`. */
export async function openDocstore<S extends Stores = Stores>(
  options: OpenOptions = {},
): Promise<Docstore<S>> {
  const storage = await openStorage(options)
  try {
    return await Docstore.open<S>(storage, {
      now: options.now ?? systemClock,
      sweepIntervalMs: options.sweepIntervalMs ?? 60_000,
    })
  } catch (error) {
    await storage.close()
    throw error
  }
}

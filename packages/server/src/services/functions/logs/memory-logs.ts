/** What functions said lately, in memory, and on the platform's own log. */
import type { FunctionLogs, LogEntry } from '#services/functions/core'
import type { Log } from '#base/kernel'

/** Of one function, and the characters of what it said; of all together. */
const keptPerFunction = 1000
const charsPerFunction = 1024 * 1024
const charsOfAll = 16 * 1024 * 1024

interface Kept {
  entries: LogEntry[]
  chars: number
}

/** As hosted Supabase cuts them. */
const maxMessageLength = 10_000

export class MemoryLogs implements FunctionLogs {
  readonly #log: Log
  readonly #functions = new Map<string, Kept>()
  readonly #listeners = new Set<(entry: LogEntry) => void>()
  #lastId = 0
  #chars = 0

  constructor(log: Log) {
    this.#log = log
  }

  append(said: Omit<LogEntry, 'id'>): void {
    const { message } = said
    const entry: LogEntry = {
      ...said,
      id: ++this.#lastId,
      message:
        message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message,
    }
    this.#keep(entry)
    if (entry.kind !== 'call') this.#write(entry)
    for (const listener of this.#listeners) listener(entry)
  }

  read({ slug, afterId, limit }: Parameters<FunctionLogs['read']>[0]): readonly LogEntry[] {
    const kept =
      slug === null
        ? [...this.#functions.values()]
            .flatMap(({ entries }) => entries)
            .sort((a, b) => a.id - b.id)
        : (this.#functions.get(slug)?.entries ?? [])
    const newer = kept.filter(({ id }) => id > afterId)
    // who asks from the beginning wants what was said last
    return afterId === 0 ? newer.slice(-limit) : newer.slice(0, limit)
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #keep(entry: LogEntry): void {
    const kept = this.#functions.get(entry.slug) ?? { entries: [], chars: 0 }
    // the function that spoke last stays longest
    this.#functions.delete(entry.slug)
    this.#functions.set(entry.slug, kept)
    kept.entries.push(entry)
    this.#count(kept, sizeOf(entry))
    // not one by one: each time the rest moves up
    if (kept.entries.length > keptPerFunction * 1.1 || kept.chars > charsPerFunction)
      this.#drop(kept, Math.ceil(kept.entries.length / 8))
    for (const [slug, oldest] of this.#functions) {
      if (this.#chars <= charsOfAll) break
      this.#drop(oldest, oldest.entries.length)
      this.#functions.delete(slug)
    }
  }

  #drop(kept: Kept, count: number): void {
    for (const entry of kept.entries.splice(0, count)) this.#count(kept, -sizeOf(entry))
  }

  #count(kept: Kept, chars: number): void {
    kept.chars += chars
    this.#chars += chars
  }

  #write({ level, message, slug, requestId, kind }: LogEntry): void {
    this.#log[level](message, { function: slug, request_id: requestId, kind })
  }
}

/** An entry is 200 bytes without what was said. */
function sizeOf({ message }: LogEntry): number {
  return message.length + 200
}

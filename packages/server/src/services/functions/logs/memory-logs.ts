/** What functions said lately, in memory, and on the platform's own log. */
import type { FunctionLogs, LogEntry } from '#services/functions/core'
import type { Log } from '#base/kernel'

/** Entries of one function; 1 kB each on average makes 1 MB. */
const keptPerFunction = 1000
const keptFunctions = 200
/** As hosted Supabase cuts them. */
const maxMessageLength = 10_000

export class MemoryLogs implements FunctionLogs {
  readonly #log: Log
  readonly #entries = new Map<string, LogEntry[]>()
  readonly #listeners = new Set<(entry: LogEntry) => void>()
  #lastId = 0

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
        ? [...this.#entries.values()].flat().sort((a, b) => a.id - b.id)
        : (this.#entries.get(slug) ?? [])
    const newer = kept.filter(({ id }) => id > afterId)
    // who asks from the beginning wants what was said last
    return afterId === 0 ? newer.slice(-limit) : newer.slice(0, limit)
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #keep(entry: LogEntry): void {
    const kept = this.#entries.get(entry.slug) ?? []
    // the function that spoke last stays longest
    this.#entries.delete(entry.slug)
    this.#entries.set(entry.slug, kept)
    kept.push(entry)
    if (kept.length > keptPerFunction * 1.1) kept.splice(0, kept.length - keptPerFunction)
    if (this.#entries.size <= keptFunctions) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  #write({ level, message, slug, requestId, kind }: LogEntry): void {
    this.#log[level](message, { function: slug, request_id: requestId, kind })
  }
}

/** What is kept of what functions say and of how their calls end. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogEntry {
  /** Counts up within a process. */
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly timeMs: number
  readonly slug: string
  readonly version: string
  /** Null for what no request said: a worker that starts, a background task. */
  readonly requestId: string | null
  readonly level: LogLevel
  /** `console`: what the code wrote. `call`: a request and its outcome. `worker`: started, stopped, killed. */
  readonly kind: 'console' | 'call' | 'worker'
  readonly message: string
  /** Of a `call`. */
  readonly status?: number
  readonly durationMs?: number
}

/** Port: where entries go and come from. Bounded: the oldest go first. */
export interface FunctionLogs {
  append(entry: Omit<LogEntry, 'id'>): void
  /** Those after `afterId`, oldest first, `limit` at most; of all functions where `slug` is null. */
  read(options: {
    readonly slug: string | null
    readonly afterId: number
    readonly limit: number
  }): readonly LogEntry[]
  /** Called after each `append` until what it returns is called. */
  follow(listener: (entry: LogEntry) => void): () => void
}

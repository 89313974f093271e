/** What functions need of the machine they run on; `host` fills it in. */
import type { Project } from '#base/service'
import type { FunctionLogs, FunctionSource } from '#services/functions/core'
import type { DenoHost } from '#services/functions/deno'
import type { FunctionStats } from '#services/functions/invoke'

export interface FunctionsRuntime {
  /** Made with the first call. */
  readonly host: () => DenoHost
  readonly source: (project: Project) => FunctionSource
  readonly logs: FunctionLogs
  readonly stats: FunctionStats
  /** `SUPABASE_DB_URL`. */
  readonly databaseUrl: string
  /** Serves the project's own API on a Unix socket: how functions call it. */
  readonly openGate: (socketPath: string) => Promise<{ close(): Promise<void> }>
}

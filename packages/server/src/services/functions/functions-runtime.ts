/** What functions need of the machine they run on; `host` fills it in. */
import type { Project } from '#base/service'
import type { FunctionLogs, FunctionSource, Prepare } from '#services/functions/core'
import type { DenoHost } from '#services/functions/deno'
import type { FunctionStats } from '#services/functions/invoke'

export interface FunctionsRuntime {
  /** Made with the first call. */
  readonly host: () => DenoHost
  /** Of functions that are served without being deployed. */
  readonly source: (project: Project) => FunctionSource
  /** For those that are deployed here. */
  readonly prepare: Prepare
  /** Where this process alone unpacks those that were deployed; workers can read there. Asked for when there are some. */
  readonly deployedFolder: () => string
  readonly logs: FunctionLogs
  readonly stats: FunctionStats
  /** `SUPABASE_DB_URL`, of the project's owner; null: they have none. */
  readonly databaseUrl: string | null
  /** Serves the project's own API on a Unix socket: how functions call it. */
  readonly openGate: (socketPath: string) => Promise<{ close(): Promise<void> }>
}

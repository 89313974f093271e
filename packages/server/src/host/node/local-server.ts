/** What a project on this machine is started with, and what it is then. */
import type { Config, ConfigSources } from '#base/config'
import type { Log } from '#base/kernel'
import type { WorkspaceParts } from '#host/platform'
import type { OnProgress } from '#host/node/core'
import type { RunState } from './run-state.ts'

export interface StartLocalOptions {
  /** Holds `supabase/`. */
  readonly workdir: string
  readonly config: Config
  /** Of Studio's built page; null: Studio's address says that there is none. Without it there is no Studio. */
  readonly studioFolder?: string | null
  /** Where the values of `config` are from, for Studio. */
  readonly configSources?: ConfigSources
  readonly log?: Log
  readonly onProgress?: OnProgress
  /** What is applied to a database that was there before, one of one's own above all. Default: nothing. */
  readonly apply?: WorkspaceParts
  /** Things to know that do not keep us from starting, one sentence each. */
  readonly onWarning?: (message: string) => void
  /** What runs has failed for good; `stop` is still to be called. */
  readonly onFailure?: (error: unknown) => void
  /** Ends a start that is under way, at the next step. */
  readonly signal?: AbortSignal
}

export interface LocalServer {
  readonly state: RunState
  /** Answers requests in flight, closes the ports, stops Postgres. */
  stop(): Promise<void>
}

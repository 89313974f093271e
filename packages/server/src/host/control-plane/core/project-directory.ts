/** Port: the projects there are, as nodes ask for them. */
import type { ConfigProblem, ConfigTree } from '#base/config'
import type { ProjectRecord } from './project-record.ts'

export interface ProjectDirectory {
  /** Deleted ones too; null for a ref that was never given or was purged. Rejects while the control database is away. */
  find(ref: string): Promise<ProjectRecord | null>
  /** Active projects that nodes open without being asked. */
  keptOpen(): Promise<readonly string[]>
  setKeptOpen(ref: string, isKept: boolean): Promise<void>
  /**
   * Merges `patch` (RFC 7386) into the project's configuration. `check` says what is wrong with the result: then nothing is
   * stored. All nodes hear of it.
   */
  changeConfig(
    ref: string,
    patch: ConfigTree,
    check: (tree: ConfigTree) => Promise<readonly ConfigProblem[]>,
  ): Promise<readonly ConfigProblem[]>
  /** Adds up: written in batches, by each node its own. */
  addUsage(usage: readonly ProjectUsage[]): Promise<void>
  /** Told within a second of a project that was made or changed, by any node; null: some may have been missed. */
  onChange(listener: (ref: string | null) => void): void
  close(): Promise<void>
}

/** Of one project in one hour, since it was last written. */
export interface ProjectUsage {
  readonly ref: string
  /** Unix milliseconds, a full hour. */
  readonly hourMs: number
  readonly requests: number
  /** Answered 5xx. */
  readonly errors: number
  readonly durationMs: number
}

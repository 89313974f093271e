/** What the endpoints work with. */
import type { Log } from '#base/kernel'
import type { FunctionLogs, Prepare } from '#services/functions/core'
import type { ArtifactStore } from '#services/functions/artifact'
import type { Registry, SecretStore } from '#services/functions/registry'
import { Line } from './line.ts'

export interface ManagementOptions {
  readonly registry: Registry
  readonly secrets: SecretStore
  readonly artifacts: ArtifactStore
  readonly prepare: Prepare
  /** Of this process; null where no functions run in it. */
  readonly logs: FunctionLogs | null
  /** Of the files of a function, together. */
  readonly maxUploadBytes: () => number
  readonly log: Log
}

export interface Management extends ManagementOptions {
  /** Clients send as fast as they can: so many at once. */
  readonly uploads: Line
  /** Fetching and packing take a processor and the disk: so many at once. */
  readonly preparations: Line
}

export function openManagement(options: ManagementOptions): Management {
  return { ...options, uploads: new Line(20, 0), preparations: new Line(2, 50) }
}

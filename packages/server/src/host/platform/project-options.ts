/** What one project is opened with. */
import type { ProjectConfig } from '#host/control'
import type { Metrics } from '#host/gateway'
import type { Bus } from '#base/bus'
import type { Database } from '#base/db'
import type { Clock, Log, Random } from '#base/kernel'
import type { PlatformOptions } from './platform-options.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface ProjectOptions extends PlatformOptions {
  readonly ref: string
  /** Where its clients are told it is. */
  readonly externalUrl: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  /** The bus of this project alone; it is closed with the project. */
  readonly busOf: (db: Database) => Promise<Bus>
  /** Default: what is stored in its database, over `config`. */
  readonly settings?: ProjectSettings
}

/** What changes while a project runs. */
export interface ProjectSettings {
  readonly configuration: ProjectConfig
  readonly signing: SigningKeys
}

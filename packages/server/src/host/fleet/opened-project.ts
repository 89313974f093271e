/** What a project of a fleet is while it is open, and how it comes to be. */
import type { ProjectRecord } from '#host/control-plane'
import type { ProjectStack } from '#host/platform'

/** A project that runs, and follows its record as far as it can without being opened again. */
export interface OpenedProject {
  readonly stack: ProjectStack
  /** Whether something of it is kept elsewhere, and may be another one by now. */
  hasReferences(): boolean
  /** False where it has to be opened again; its keys are taken at any rate. */
  take(record: ProjectRecord): Promise<boolean>
  /** Whether what `record` says is in the same database, where it can do no harm if it runs as it was. */
  staysWith(record: ProjectRecord): Promise<boolean>
}

/** `refresh` asks the directory for what the project is by now. */
export type OpenProject = (
  record: ProjectRecord,
  refresh: () => Promise<void>,
) => Promise<OpenedProject>

/** One project read, and changed in one transaction with its line in the audit log. */
import { controlErrors } from '#host/control-plane/core'
import type { Actor, ProjectRecord } from '#host/control-plane/core'
import {
  auditRow,
  change,
  lockProject,
  read,
  readProject,
  updateProject,
} from '#host/control-plane/store'
import type { ControlStore, OpenProject, ProjectChange } from '#host/control-plane/store'
import type { ConfigTree } from '#base/config'
import { sql } from '#base/sql'
import { pathsOf } from './project-config.ts'

/** `decide` sees the project as it is, locked; null changes nothing. */
export type Alter = (
  ref: string,
  action: string,
  actor: Actor,
  decide: (project: OpenProject) => (ProjectChange & { detail?: object }) | null,
) => Promise<void>

/** The returned function @throws control_project_not_found */
export function createAlter(store: ControlStore): Alter {
  return (ref, action, actor, decide) =>
    change(store, async (transaction) => {
      const project = await lockProject(store, transaction, ref)
      const decided = decide(project)
      if (decided === null) return
      const { detail, ...changes } = decided
      await updateProject(transaction, project, changes)
      await transaction.run(auditRow(actor, action, ref, { ...detail }))
    })
}

/** @throws control_project_not_found */
export async function showProject(store: ControlStore, ref: string): Promise<OpenProject> {
  const found = await read(store, (transaction) => readProject(store, transaction, ref))
  if (found === null) throw controlErrors.control_project_not_found({ ref })
  return found
}

/** Without opening it. @throws control_project_not_found */
export async function requireProject(store: ControlStore, ref: string): Promise<void> {
  const found = await read(store, (transaction) =>
    transaction.rows(
      sql`/* control.projectExists */ select from basalt_control.projects where ref = ${ref}`,
    ),
  )
  if (found.length === 0) throw controlErrors.control_project_not_found({ ref })
}

/** @throws control_project_deleted */
export function requireNotDeleted({ ref, status }: ProjectRecord): void {
  if (status === 'deleted') throw controlErrors.control_project_deleted({ ref })
}

/** For the audit log: which options, never what they are set to. */
export const namesIn = (patch: ConfigTree): string[] => pathsOf(patch).slice(0, 50)

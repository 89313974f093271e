/** The end of a project: its record and secrets are gone for good, its database stays. */
import { controlErrors } from '#host/control-plane/core'
import type { Actor } from '#host/control-plane/core'
import { auditRow, change, lockProject } from '#host/control-plane/store'
import { sql } from '#base/sql'
import { showProject } from './alter-project.ts'
import { dropSlots } from './project-database.ts'
import type { ProjectsOptions } from './project-input.ts'

/** The slot goes first: with the record gone nobody would know of it. */
export async function purgeProject(
  { store, resolveSecret }: ProjectsOptions,
  ref: string,
  { confirm, force = false }: { readonly confirm: string; readonly force?: boolean },
  actor: Actor,
): Promise<void> {
  const found = await showProject(store, ref)
  if (found.record.status !== 'deleted') throw controlErrors.control_project_not_deleted({ ref })
  if (confirm !== ref) throw controlErrors.control_purge_unconfirmed({ ref })
  const left = await dropSlots(await resolveSecret(found.record.databaseUrl)).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (left !== null && !force) throw controlErrors.control_database_slots_left({ reason: left })
  await change(store, async (transaction) => {
    const { record } = await lockProject(store, transaction, ref)
    if (record.status !== 'deleted') throw controlErrors.control_project_not_deleted({ ref })
    await transaction.run(
      sql`/* control.purgeProject */ delete from basalt_control.projects where ref = ${ref}`,
      auditRow(actor, 'project.purge', ref, left === null ? {} : { slots_left: true }),
    )
  })
}

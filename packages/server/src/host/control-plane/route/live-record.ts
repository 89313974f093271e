/** The project of a request, where something can still be done with it. */
import { controlErrors, isAtLeast } from '#host/control-plane/core'
import type { ProjectRecord } from '#host/control-plane/core'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import type { Call } from './route.ts'

/** @throws control_project_deleted */
export async function liveRecord({ parts, ref }: Call): Promise<ProjectRecord> {
  const { record } = await parts.projects.show(ref)
  if (record.status === 'deleted') throw controlErrors.control_project_deleted({ ref })
  return record
}

/** Its database, as the role of who asks lets them use it: below `developer` it is only read. */
export async function liveDatabase(call: Call): Promise<ProjectDatabase> {
  const record = await liveRecord(call)
  return call.parts.databases.of(record, !isAtLeast(call.role, 'developer'))
}

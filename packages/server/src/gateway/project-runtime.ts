/** A project opened: its services, ready to answer. */
import { BoundedCache } from '#kernel'
import type { Project, Service, ServiceDefinition } from '#service'

export interface MountedService {
  readonly definition: ServiceDefinition
  readonly service: Service
}

export interface ProjectRuntime {
  readonly project: Project
  readonly services: readonly MountedService[]
  /** API keys that were found good, so that the four comparisons are made once per key. */
  readonly admittedKeys: BoundedCache<string, true>
  close(): Promise<void>
}

/** Opens every service of a project; those already open are closed again when a later one fails. */
export async function openProject(
  project: Project,
  definitions: readonly ServiceDefinition[],
): Promise<ProjectRuntime> {
  const services: MountedService[] = []
  const close = async (): Promise<void> => {
    for (const { service } of services.toReversed()) await service.close()
  }
  try {
    for (const definition of definitions)
      services.push({ definition, service: await definition.open(project) })
  } catch (error) {
    await close()
    throw error
  }
  return { project, services, admittedKeys: new BoundedCache(1000), close }
}

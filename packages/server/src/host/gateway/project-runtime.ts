/** A project opened: its services, ready to answer. */
import { BoundedCache } from '#base/kernel'
import type { Project, Service, ServiceDefinition } from '#base/service'

export interface MountedService {
  readonly definition: ServiceDefinition
  /** Another one after `reopen`: not to be kept beyond a request. */
  readonly service: Service
}

export interface ProjectRuntime {
  readonly project: Project
  readonly services: readonly MountedService[]
  /** API keys that were found good, so that the four comparisons are made once per key. */
  readonly admittedKeys: BoundedCache<string, true>
  /** Opens a service again, with what the project is by now; requests under way end with the old one. */
  reopen(name: string): Promise<void>
  close(): Promise<void>
}

/** Opens every service of a project; those already open are closed again when a later one fails. */
export async function openProject(
  project: Project,
  definitions: readonly ServiceDefinition[],
): Promise<ProjectRuntime> {
  const services: { readonly definition: ServiceDefinition; service: Service }[] = []
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
  const reopen = async (name: string): Promise<void> => {
    const mounted = services.find(({ definition }) => definition.name === name)
    if (mounted === undefined) return
    const before = mounted.service
    mounted.service = await mounted.definition.open(project)
    await before.close()
  }
  return { project, services, admittedKeys: new BoundedCache(1000), reopen, close }
}

/** A project opened: its services, ready to answer. */
import { BoundedCache } from '#base/kernel'
import type { Database } from '#base/db'
import type { HttpRequest } from '#base/http'
import type { Project, RequestWatcher, Service, ServiceDefinition } from '#base/service'
import type { CustomerKeys } from './customer-keys.ts'

export interface MountedService {
  /** The project as this service sees it. */
  readonly project: Project
  readonly definition: ServiceDefinition
  /** Another one after `reopen`: not to be kept beyond a request. */
  readonly service: Service
}

/** Who is using a project: it is not closed under a request. */
export class ProjectUse {
  running = 0
  /** Requests since it was opened. */
  total = 0
  #onIdle: (() => void)[] = []

  begin(): void {
    this.running++
    this.total++
  }

  end(): void {
    this.running--
    if (this.running > 0 || this.#onIdle.length === 0) return
    for (const listener of this.#onIdle.splice(0)) listener()
  }

  /** Resolves when no request runs, after `deadlineMs` at the latest. */
  ended(deadlineMs: number): Promise<void> {
    if (this.running === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs)
      this.#onIdle.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

export interface ProjectRuntime {
  readonly project: Project
  readonly use: ProjectUse
  readonly services: readonly MountedService[]
  /** API keys that were found good, so that the four comparisons are made once per key. */
  readonly admittedKeys: BoundedCache<string, true>
  /** Of the project's own customers. */
  readonly customerKeys: CustomerKeys | null
  /** Who looks on. */
  watcher: RequestWatcher | null
  /** Opens a service again, with what the project is by now; requests under way end with the old one. */
  reopen(name: string): Promise<void>
  /** No request comes any more: connections that stay open end now. */
  retire(): void
  close(): Promise<void>
}

/**
 * The project a request is for, at once where it is open; null where there is none.
 * @throws PlatformError why it cannot be had
 */
export type FindProject = (
  request: HttpRequest,
) => ProjectRuntime | null | Promise<ProjectRuntime | null>

/** Opens every service of a project, each with the database of its login; those already open are closed again when a later one fails. */
export async function openProject(
  project: Project,
  definitions: readonly ServiceDefinition[],
  databaseOf: (login: string | undefined) => Database,
  customerKeys: CustomerKeys | null = null,
): Promise<ProjectRuntime> {
  const services: (MountedService & { service: Service })[] = []
  const close = async (): Promise<void> => {
    for (const { service } of services.toReversed()) await service.close()
  }
  try {
    for (const definition of definitions) {
      const own = withDatabase(project, databaseOf(definition.login))
      services.push({ project: own, definition, service: await definition.open(own) })
    }
  } catch (error) {
    await close()
    throw error
  }
  const reopen = async (name: string): Promise<void> => {
    const mounted = services.find(({ definition }) => definition.name === name)
    if (mounted === undefined) return
    const before = mounted.service
    mounted.service = await mounted.definition.open(mounted.project)
    await before.close()
  }
  return {
    project,
    use: new ProjectUse(),
    services,
    admittedKeys: new BoundedCache(1000),
    customerKeys,
    watcher: null,
    reopen,
    retire: () => {
      for (const { service } of services) service.retire?.()
    },
    close,
  }
}

/** The same project, what changes in it included, with another database. */
function withDatabase(project: Project, db: Database): Project {
  return Object.create(project, { db: { value: db, enumerable: true } }) as Project
}

/** Storage as a service of the gateway. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Scope, ServiceDefinition } from '#base/service'
import { createMemoryStore } from '#base/blob'
import { formatError, LeavingsKeeper, PurgeQueue, storageErrors } from '#services/storage/core'
import type { StorageContext, StorageRuntime } from '#services/storage/core'
import { answerS3 } from '#services/storage/s3'
import { matchRoute } from './match-route.ts'
import { storageMigrations } from './storage-migrations.ts'
import { routes } from './routes.ts'

/** The service; without `blobs` objects are kept in memory. */
export function createStorage(runtime: Partial<StorageRuntime> = {}): ServiceDefinition {
  const own: StorageRuntime = { blobs: runtime.blobs ?? createMemoryStore() }
  return {
    name: 'storage',
    prefix: '/storage/v1',
    migrations: storageMigrations,
    login: 'supabase_storage_admin',
    open: async (project) => {
      const leavings = await LeavingsKeeper.open(project)
      const purges = new PurgeQueue(project)
      const opened = { ...own, leavings, purges }
      return {
        handle: (scope, request) => handle(opened, scope, request),
        formatError,
        close: async () => {
          leavings.close()
          await purges.close()
          await own.blobs.close()
        },
      }
    },
  }
}

async function handle(
  runtime: Pick<StorageContext, 'blobs' | 'leavings' | 'purges'>,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { method, path } = request
  const outer: StorageContext = {
    ...runtime,
    scope,
    project: scope.project,
    config: scope.project.config,
    request,
    query: new URLSearchParams(request.query),
    bucketId: '',
    key: '',
    operation: '',
  }
  if (path === '/s3' || path.startsWith('/s3/')) return answerS3(outer)
  const matched = matchRoute(routes, method, path)
  if (matched === null) throw storageErrors.RouteNotFound({ method, path })
  const { route, bucketId, key } = matched
  return route.handler({ ...outer, bucketId, key, operation: route.operation })
}

export const storage: ServiceDefinition = createStorage()

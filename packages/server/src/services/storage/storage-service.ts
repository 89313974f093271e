/** Storage as a service of the gateway. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Scope, ServiceDefinition } from '#base/service'
import { createMemoryStore } from '#base/blob'
import { isReadOnlyKey } from '#base/token'
import { formatError, LeavingsKeeper, PurgeQueue, storageErrors } from '#services/storage/core'
import type { StorageContext, StorageRuntime } from '#services/storage/core'
import { answerS3 } from '#services/storage/s3'
import { routeFinder } from './match-route.ts'
import { storageMigrations } from './storage-migrations.ts'
import { routes } from './routes.ts'
import type { StorageRoute } from './routes.ts'

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

const findRoute = routeFinder(routes)

async function handle(
  runtime: Pick<StorageContext, 'blobs' | 'leavings' | 'purges'>,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { method, path } = request
  const isS3 = path === '/s3' || path.startsWith('/s3/')
  const matched = isS3 ? null : findRoute(method, path)
  const context: StorageContext = {
    blobs: runtime.blobs,
    leavings: runtime.leavings,
    purges: runtime.purges,
    scope,
    project: scope.project,
    config: scope.project.config,
    request,
    query: new URLSearchParams(request.query),
    bucketId: matched?.bucketId ?? '',
    key: matched?.key ?? '',
    operation: matched?.route.operation ?? '',
  }
  if (isS3) return answerS3(context)
  if (matched === null) throw storageErrors.RouteNotFound({ method, path })
  refuseReadOnlyKey(matched.route, scope)
  return matched.route.handler(context)
}

const readMethods = ['GET', 'HEAD', 'OPTIONS']
/** Reads that are asked for with POST. */
const readOperations = [
  'storage.object.list',
  'storage.object.list_v2',
  'storage.object.sign',
  'storage.object.sign_many',
]

/** Before anything of an upload is kept; behind it the transaction is read-only. */
function refuseReadOnlyKey({ method, operation }: StorageRoute, { authentication }: Scope): void {
  if (readMethods.includes(method) || readOperations.includes(operation)) return
  if (authentication.ok && isReadOnlyKey(authentication.caller.claims))
    throw storageErrors.AccessDenied({ message: 'The API key may only read' })
}

export const storage: ServiceDefinition = createStorage()

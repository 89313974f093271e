/** All routes of `/admin/v1`: the API, its document and the table of roles are made of this. */
import type { ApiRoute } from '#host/control-plane/route'
import { studioRoutes } from '#host/studio'
import { dataRoutes } from './data-routes.ts'
import { fleetRoutes } from './fleet-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { openApiDocument, openApiRoute } from './open-api.ts'
import { operatorRoutes } from './operator-routes.ts'
import { projectRoutes } from './project-routes.ts'
import { proxyRoutes } from './proxy-routes.ts'

const rows: readonly ApiRoute[] = [
  ...operatorRoutes,
  ...projectRoutes,
  ...memberRoutes,
  ...fleetRoutes,
  ...dataRoutes,
  ...proxyRoutes,
  ...studioRoutes,
]

export const controlRoutes: readonly ApiRoute[] = [...rows, openApiRoute(rows)]

/** OpenAPI 3.1 */
export const adminDocument = (): object => openApiDocument(controlRoutes)

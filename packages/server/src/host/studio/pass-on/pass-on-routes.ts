/** Rows of what the project's own services answer. */
import type { ApiRoute } from '#host/control-plane/route'
import { authRows } from './auth-rows.ts'
import { folderRoutes } from './folder-routes.ts'
import { invokeRoute } from './invoke-route.ts'
import { mailRoutes } from './mail-routes.ts'
import { serviceRoute } from './service-rows.ts'
import { storageRows } from './storage-rows.ts'

export const passOnRoutes: readonly ApiRoute[] = [
  ...[...authRows, ...storageRows].map(serviceRoute),
  invokeRoute,
  ...folderRoutes,
  ...mailRoutes,
]

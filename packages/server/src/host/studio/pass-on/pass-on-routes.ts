/** Rows of what the project's own services answer. */
import type { ApiRoute } from '#host/control-plane/route'
import { authRows } from './auth-rows.ts'
import { folderRoutes } from './folder-routes.ts'
import { invokeRoute } from './invoke-route.ts'
import { mailRoutes } from './mail-routes.ts'
import { metaRows } from './meta-rows.ts'
import { serviceRoute } from './service-rows.ts'
import { sessionRoutes } from './session-routes.ts'
import { storageRows } from './storage-rows.ts'
import { templateRoutes } from './template-routes.ts'

export const passOnRoutes: readonly ApiRoute[] = [
  ...[...authRows, ...storageRows, ...metaRows].map(serviceRoute),
  invokeRoute,
  ...folderRoutes,
  ...mailRoutes,
  ...templateRoutes,
  ...sessionRoutes,
]

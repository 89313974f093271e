/** Rows of the table of `/admin/v1` that Studio's page calls; each room has its own. */
import type { ApiRoute } from '#host/control-plane/route'
import { advisorsRoutes } from '#host/studio/advisors'
import { catalogRoutes, objectRoutes } from '#host/studio/catalog'
import { passOnRoutes } from '#host/studio/pass-on'
import { policiesRoutes } from '#host/studio/policies'
import { rowsRoutes } from '#host/studio/rows'
import { runningRoutes } from '#host/studio/running'
import { sqlRoutes } from '#host/studio/sql'
import { transferRoutes } from '#host/studio/transfer'

export const studioRoutes: readonly ApiRoute[] = [
  ...sqlRoutes,
  ...runningRoutes,
  ...passOnRoutes,
  ...catalogRoutes,
  ...objectRoutes,
  ...rowsRoutes,
  ...transferRoutes,
  ...policiesRoutes,
  ...advisorsRoutes,
]

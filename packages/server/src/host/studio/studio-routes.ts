/** Rows of the table of `/admin/v1` that Studio's page calls; each room has its own. */
import type { ApiRoute } from '#host/control-plane/route'
import { passOnRoutes } from '#host/studio/pass-on'
import { runningRoutes } from '#host/studio/running'
import { sqlRoutes } from '#host/studio/sql'

export const studioRoutes: readonly ApiRoute[] = [...sqlRoutes, ...runningRoutes, ...passOnRoutes]

/** Rows of the table of `/admin/v1` that Studio's page calls; each room has its own. */
import type { ApiRoute } from '#host/control-plane/route'
import { sqlRoutes } from '#host/studio/sql'

export const studioRoutes: readonly ApiRoute[] = [...sqlRoutes]

/** Rows of SQL, snippets and migrations. */
import type { ApiRoute } from '#host/control-plane/route'
import { migrationRoutes } from './migration-routes.ts'
import { runRoutes } from './run-route.ts'
import { snippetRoutes } from './snippet-routes.ts'

export const sqlRoutes: readonly ApiRoute[] = [...runRoutes, ...snippetRoutes, ...migrationRoutes]

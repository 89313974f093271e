/** Rows of the project as it runs. */
import type { ApiRoute } from '#host/control-plane/route'
import { configSchemaRoutes } from './config-routes.ts'
import { customerKeyRoutes } from './customer-key-routes.ts'
import { doctorRoutes } from './doctor-routes.ts'
import { logRoutes } from './log-routes.ts'
import { statementRoutes } from './statement-routes.ts'
import { tokenRoutes } from './token-routes.ts'

export const runningRoutes: readonly ApiRoute[] = [
  ...logRoutes,
  ...statementRoutes,
  ...doctorRoutes,
  ...configSchemaRoutes,
  ...tokenRoutes,
  ...customerKeyRoutes,
]

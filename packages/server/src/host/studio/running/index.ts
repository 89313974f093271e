/** running: the project as it runs: requests, metrics, statements, checks, options, tokens. */
export { runningRoutes } from './running-routes.ts'
export { runningErrors } from './errors.ts'

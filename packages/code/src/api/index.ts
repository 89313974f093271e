/** api: the stateless server of all routes. */
export { allRoutes, startApi } from './start-api.ts'
export type { RunningApi } from './start-api.ts'
export { describeRoutes } from './describe-routes.ts'

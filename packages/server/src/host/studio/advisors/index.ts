/** advisors: what a project's schema could do better. */
export { advisorsRoutes } from './advisors-routes.ts'

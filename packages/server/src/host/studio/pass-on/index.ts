/** pass-on: what the project's own services answer, in the operator's place: Auth, Storage, functions, caught mail. */
export { passOnRoutes } from './pass-on-routes.ts'
export { passOnErrors } from './errors.ts'

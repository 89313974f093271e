/** repository: what is indexed, and the secrets of its webhooks. */
export { repositoryRoutes } from './repository-routes.ts'
export { deriveSecret, hashSecret, isSignedWith } from './webhook-secret.ts'

/** webhook: deliveries of GitHub become jobs. */
export { readPush } from './read-push.ts'
export { webhookRoutes } from './webhook-routes.ts'

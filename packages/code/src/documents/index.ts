/** documents: texts of users beside their code. */
export { documentRoutes } from './document-routes.ts'

/** storage/render: images transformed. */
export { renderAuthenticated, renderPublic, renderSigned } from './endpoints.ts'

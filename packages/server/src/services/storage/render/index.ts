/** storage/render: images transformed. */
export { renderAuthenticated, renderPublic, renderSigned } from './endpoints.ts'
export { renderErrors } from './errors.ts'

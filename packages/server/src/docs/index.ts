/** docs: the pages generated from the tables in the code. */
export { renderConfigDocs, renderRestDocs } from '#base/config'
export { errorCodes, renderErrorDocs } from './render-error-docs.ts'
export { renderAdminClient } from './render-admin-client.ts'

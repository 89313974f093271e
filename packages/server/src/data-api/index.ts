/** data-api: `/rest/v1`, PostgREST's language over the project's database. */
export { createDataApi, dataApi, openDataApi } from './service.ts'
export type { OpenDataApi } from './service.ts'
export type { DataApiOptions, OpenApiOptions } from './options.ts'
export { requestErrors } from '#data-api/request'
export { errorResponse as formatDataApiError } from '#data-api/response'
export { planErrors } from '#data-api/plan'
export { responseErrors } from '#data-api/response'
export { transactionErrors } from '#data-api/transaction'

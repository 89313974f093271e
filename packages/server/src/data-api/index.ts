/** data-api: `/rest/v1`, PostgREST's language over the project's database. */
export { createDataApi, dataApi } from './service.ts'
export type { DataApiOptions } from './options.ts'
export { requestErrors } from '#data-api/request'
export { planErrors } from '#data-api/plan'
export { responseErrors } from '#data-api/response'

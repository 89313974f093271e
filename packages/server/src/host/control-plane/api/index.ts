/** api: /admin/v1 of the fleet. */
export { createControlApi } from './control-api.ts'
export type { ControlApi, ControlApiOptions } from './control-api.ts'
export { adminDocument } from './routes.ts'

/** route: what a row of the table of `/admin/v1` is made of. */
export type {
  ApiRoute,
  Call,
  ControlParts,
  Handler,
  LeastRole,
  ProjectAccess,
  ProjectFolder,
} from './route.ts'
export { apiErrors } from './errors.ts'
export {
  anyObject,
  checkSchema,
  flag,
  integer,
  listOf,
  nullable,
  number,
  object,
  oneOf,
  text,
} from './schema.ts'
export type { Schema } from './schema.ts'
export { isoOf, moment } from './moment.ts'
export { liveDatabase, liveRecord } from './live-record.ts'
export { filled, forward } from './forward.ts'
export { guardStream } from './guard-stream.ts'
export type { Passed } from './forward.ts'
export { numberIn } from './query.ts'

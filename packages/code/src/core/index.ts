/** core: errors, log lines, a bounded cache, turns, bytes a minute. */
export { CodeError, errorTypes, messageOf } from './errors.ts'
export type { ErrorType } from './errors.ts'
export { createLog, silent } from './log.ts'
export type { Log } from './log.ts'
export { BoundedCache } from './bounded-cache.ts'
export { ByteRate } from './byte-rate.ts'
export { ColumnWriter } from './column.ts'
export { Turns } from './turns.ts'

/** Errors, time, durations: what every module stands on. No I/O. */
export { DocstoreError, errorCodes, errorTable, failure, show, type ErrorCode } from './errors.ts'
export { drive, isPromise, type Maybe, type Steps } from './maybe.ts'
export { systemClock, type Clock } from './clock.ts'
export { Histogram } from './histogram.ts'

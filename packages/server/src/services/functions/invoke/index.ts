/** functions/invoke: from a request to a worker and back. */
export { boot, invoke, invokeWebSocket } from './invoke.ts'
export type { InvokeContext } from './invoke.ts'
export { durationBuckets, FunctionStats } from './stats.ts'
export type { Outcome } from './stats.ts'

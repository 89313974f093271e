/** channel: connections, the topics they join, who is present, what is said. */
export { isAfter } from './change-position.ts'
export type { ChangePosition } from './change-position.ts'
export { Hub } from './hub.ts'
export { createRuntime } from './runtime.ts'
export type {
  ChangeListener,
  ChangeRequest,
  ChangeSource,
  ChangeSubscription,
  RealtimeRuntime,
  RealtimeStats,
  SendAgain,
} from './runtime.ts'
export { RealtimeSocket } from './socket.ts'

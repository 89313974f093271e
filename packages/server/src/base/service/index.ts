/** service: what a service is ({ name, prefix, migrations, open }), the project it serves, the scope of a request. */
export { parseIpAddress } from './ip-address.ts'
export { turns } from './turns.ts'
export { webSocketFrame } from './web-socket.ts'
export { RequestSteps } from './watch.ts'
export type {
  PoolCounts,
  RealtimeNow,
  RequestWatcher,
  RunningProject,
  WatchedRequest,
} from './watch.ts'
export type { Upgrade, WebSocketConnection } from './web-socket.ts'
export type {
  Authentication,
  Caller,
  Project,
  ReadRouting,
  Scope,
  Service,
  ServiceDefinition,
} from './service.ts'
export type { Following, StepOptions } from './following.ts'
export { repeat } from './repeat.ts'
export type { Repeated, RepeatOptions } from './repeat.ts'

/** A node of a fleet: its ports, its processes. */
export { serveFleet } from './serve-fleet.ts'
export type { FleetServer, ServeFleetOptions } from './serve-fleet.ts'
export { superviseWorkers } from './supervise-workers.ts'
export type { Supervisor } from './supervise-workers.ts'
export { leave, reportFailure, reportReady } from './worker.ts'
// what a program that starts one needs besides
export { loadNodeConfig, printConfig, readConfigTree } from '#base/config'
export type { Config } from '#base/config'
export { createLogger, gatherLines } from '#host/node/core'
// …and one that runs a fleet
export { secretsOf } from './secrets-of.ts'
export {
  callControl,
  createControlApi,
  openControlDatabase,
  parseMasterKey,
} from '#host/control-plane'

/** fleet: which projects are open on this node, and how requests find them. */
export { createFleet } from './create-fleet.ts'
export type { Fleet, FleetLoad } from './create-fleet.ts'
export type { FleetOptions, ProjectApi } from './fleet-options.ts'
export type { ProjectStats } from './open-projects.ts'
export { fleetErrors } from './errors.ts'

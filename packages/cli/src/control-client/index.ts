/** control-client: the operators' API of a fleet, and what opens its control database. Loads the server. */
export { withControl, withControlDatabase } from './control-client.ts'
export type { Ask, FleetOptions } from './control-client.ts'
export { masterKeys } from './master-keys.ts'

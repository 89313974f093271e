/** fleet-commands: projects, operators and the control database of a fleet. */
export { defineFleet } from './define-fleet.ts'

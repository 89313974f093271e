/** host/node/functions: what functions run in on this machine. */
export { discardFunctions } from './open-deno-host.ts'
export { openFunctions } from './open-functions.ts'
export type { FunctionsOptions } from './open-functions.ts'

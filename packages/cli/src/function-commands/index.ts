/** function-commands: `basalt functions` and `basalt secrets`, on the project that runs here or on a server elsewhere. */
export { defineFunctions } from './define-functions.ts'
export { openApi } from './functions-api.ts'
export type { RemoteOptions } from './functions-api.ts'

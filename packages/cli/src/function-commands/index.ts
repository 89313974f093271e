/** function-commands: `basalt functions` and `basalt secrets`, on the project that runs here or on a server elsewhere. */
export { defineFunctions } from './define-functions.ts'

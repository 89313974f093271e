/** terminal: what a command writes to and how it fails. Loads nothing of the server, for `basalt --help` does not either. */
export { CliError, describeError, exitCodes } from './describe-error.ts'
export { Ending } from './ending.ts'
export { showProgress } from './show-progress.ts'
export { processTerminal } from './terminal.ts'
export type { Terminal } from './terminal.ts'
export { secretVariable } from './secret-variable.ts'
export { refusal } from './refusal.ts'
export { momentOf, printTable, printable, sizeOf } from './table.ts'

/** doctor: what is wrong with a deployment, or soon will be, and what mends it. One list of checks for all who ask. */
export { addressChecks } from './address-checks.ts'
export { backupChecks, unknownBackups } from './backup-checks.ts'
export { check } from './check.ts'
export type { Check, CheckLevel } from './check.ts'
export { configChecks, keysCheck } from './config-checks.ts'
export { examineDatabase } from './examine-database.ts'
export type { ExaminedDatabase, ExaminedProject } from './examine-database.ts'
export { machineChecks } from './machine-checks.ts'

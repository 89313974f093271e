/** store: rows of the control database, sealed there and open here. */
export { controlMigrations } from './control-migrations.ts'
export { auditRow, change, controlSession, read } from './control-store.ts'
export type { ControlStore } from './control-store.ts'
export { createDataKeys, parseMasterKey } from './data-keys.ts'
export { openDirectory } from './directory.ts'
export type { ConfigChecks } from './directory.ts'
export { fleetSettings, listAudit, listUsage } from './fleet-logs.ts'
export type { AuditEntry, AuditQuery, FleetSettings, UsageHour } from './fleet-logs.ts'
export {
  insertProject,
  lockProject,
  readProject,
  readSummaries,
  updateProject,
} from './project-rows.ts'
export type { NewProject, OpenProject, ProjectChange, ProjectSummary } from './project-rows.ts'
export { storedSnippets } from './snippets.ts'
export { rekey } from './rekey.ts'
export { checkMasterKey } from './key-check.ts'

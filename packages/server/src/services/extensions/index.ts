/** extensions: what stands in for extensions that stock Postgres lacks. */
export { standInAccessMethods, standIns, withoutStandIn } from './stand-ins.ts'
export type { StandIn } from './stand-ins.ts'
export { writeExtensionFolder } from './write-extension-folder.ts'
export { extensionMigrations } from './extension-migrations.ts'

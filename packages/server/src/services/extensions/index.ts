/** extensions: what stands in for extensions that stock Postgres lacks, and the worker behind pg_net and pg_cron. */
export { standInAccessMethods, standIns, withoutStandIn } from './stand-ins.ts'
export type { StandIn } from './stand-ins.ts'
export { writeExtensionFolder } from './write-extension-folder.ts'
export { extensionMigrations } from './extension-migrations.ts'
export { openExtensionsWorker } from './open-extensions-worker.ts'
export type { ExtensionsWorker, ExtensionsWorkerOptions } from './open-extensions-worker.ts'
export type { ConnectAs } from './run-cron-job.ts'

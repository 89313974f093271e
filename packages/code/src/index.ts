/** @basalt/code: code intelligence on any Supabase-compatible project. */
export { ConfigError, readConfig } from '#config'
export type { CodeConfig, Environment } from '#config'
export { readMigrations } from '#postgres'
export type { Migration } from '#postgres'
export { createLog } from '#core'
export type { Log } from '#core'
export { migrateCode, startCode } from './start-code.ts'
export type { RunningCode, StartOptions } from './start-code.ts'

/** @basalt/server: a Supabase-compatible platform as a function from request to response. */
export { ConfigError, defineConfig } from '#config'
export type { Config } from '#config'
export { createPlatform } from '#platform'
export type { Platform, PlatformOptions } from '#platform'
export { PlatformError } from '#kernel'
export type { Clock, Log, Random } from '#kernel'

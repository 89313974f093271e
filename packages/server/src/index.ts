/** @basalt/server: a Supabase-compatible platform as a function from request to response. */
export { ConfigError, defineConfig } from '#base/config'
export type { Config } from '#base/config'
export { createPlatform } from '#host/platform'
export type { Platform, PlatformOptions } from '#host/platform'
export { PlatformError } from '#base/kernel'
export type { Clock, Log, Random } from '#base/kernel'

/** platform: createPlatform(config) → { fetch, handle, start, close }. */
export { createPlatform } from './create-platform.ts'
export type { Platform, PlatformOptions } from './create-platform.ts'

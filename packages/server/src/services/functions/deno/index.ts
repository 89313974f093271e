/** functions/deno: the program JavaScript functions run in. */
export { denoEnvironment } from './deno-host.ts'
export type { DenoHost } from './deno-host.ts'
export { cacheFolderOf, clearCacheFolder } from './cache-folder.ts'
export { privateAddresses } from './private-addresses.ts'
export { removeFolder } from './remove-folder.ts'
export { spawnDeno } from './spawn-deno.ts'
export { findDeno, installDeno } from './find-deno.ts'

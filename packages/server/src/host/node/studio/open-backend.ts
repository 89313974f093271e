/** Backends of the page, loaded when somebody opens it. */
import type { ServeBackendOptions } from './serve-backend.ts'
import type { StartBackendOptions } from './start-backend.ts'
import type { StudioBackend } from './studio-backend.ts'

/** Of the one project of `basalt start`. */
export async function openStartBackend(options: StartBackendOptions): Promise<StudioBackend> {
  return (await import('./start-backend.ts')).createStartBackend(options)
}

/** Of a fleet. */
export async function openServeBackend(options: ServeBackendOptions): Promise<StudioBackend> {
  return (await import('./serve-backend.ts')).createServeBackend(options)
}

/** auth/external/presets: the providers known by name, and what a project has configured of them. */
export { presets } from './presets.ts'
export { findSettings, readSettings, UnusableProvider } from './settings.ts'
export type { UsableProvider } from './settings.ts'

/** token: JWTs, keys of a project, API keys. */
export type { TokenFailure, Verification, Verifier } from './verification.ts'
export type { ProjectKeys } from './project-keys.ts'

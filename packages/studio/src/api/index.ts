/** api: what the server is asked. */
export { ApiError, Unreachable, call, callRaw, onSignedOut } from './call.ts'
export type { CallOptions, Query } from './call.ts'
export { projectPath, useChange, useForget, useProject } from './project.ts'
export type { Answer, Change, ChangePath, GetPath } from './project.ts'
export { refusal, useSession } from './session.ts'
export type { Role, Session } from './session.ts'

/** auth/hooks: what a project decides itself: hooks in Postgres or over HTTP, and when they are asked. */
export { reportFactorAttempt, reportPasswordAttempt } from './attempt-hooks.ts'
export { customiseClaims } from './custom-claims.ts'
export { hookErrors } from './errors.ts'
export { findHook } from './hook-target.ts'
export { runHook } from './run-hook.ts'
export { afterUserCreated, beforeUserCreated } from './user-hooks.ts'

/** core: errors, tokens, rates, and who may read and write a private channel. */
export { findReadable, mayWrite } from './authorize.ts'
export type { Extension } from './authorize.ts'
export { realtimeErrors } from './errors.ts'
export { formatError } from './format-error.ts'
export { RateCounter } from './rate-counter.ts'
export { readToken } from './read-token.ts'
export type { Member, TokenReading } from './read-token.ts'

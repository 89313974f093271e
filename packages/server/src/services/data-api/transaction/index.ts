/** data-api/transaction: the language of client transactions: steps, and references between them. Pure. */
export { transactionErrors } from './errors.ts'
export { ExactJson } from './exact-json.ts'
export { maxSteps, parseBatch } from './parse-batch.ts'
export type { Batch, Isolation, Step } from './parse-batch.ts'
export { bindReferences, resolveBody, Results } from './references.ts'

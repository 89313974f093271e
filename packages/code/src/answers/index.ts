/** answers: what was found, for who asks the same before it changes. */
export { AnswerCache } from './answer-cache.ts'
export type { AnswerCacheOptions, AnswerScope } from './answer-cache.ts'

/** indexing: a commit of a repository becomes rows. */
export { indexRepository, newProgress } from './index-repository.ts'
export type { Indexing } from './index-repository.ts'
export { sweepCache } from './sweep-cache.ts'

/** cache: answers to reads that the project named, shared until what they show changes. */
export { openResponseCache } from './response-cache.ts'
export type { CacheCounts, CachePorts, ResponseCache, Described } from './response-cache.ts'

/** bus: messages between nodes, in memory or over Redis. */
export { maxMessageBytes, scopedBus } from './bus.ts'
export type { Bus } from './bus.ts'
export { createMemoryBus } from './memory-bus.ts'
export type { MemoryBus } from './memory-bus.ts'
export { openRedisBus } from './redis-bus.ts'
export type { RedisBusOptions } from './redis-bus.ts'

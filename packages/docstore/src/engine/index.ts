/** The port to what keeps sorted pairs, and its adapters that run anywhere. */
export type {
  Encoding,
  Engine,
  EngineIterator,
  EngineSnapshot,
  Entry,
  IterateOptions,
  Range,
  Value,
  WriteOp,
} from './engine.ts'
export { convertValue } from './convert-value.ts'
export { createLevelEngine } from './level-engine.ts'
export { openMemoryEngine } from './memory-engine.ts'
export { byCodeUnit, MergedIterator, Overlay } from './overlay.ts'

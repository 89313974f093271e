/** storage/sweep: bytes without a row, and rows without bytes. */
export { sweepStorage } from './sweep-storage.ts'
export type { Orphan, SweepOptions, SweepReport } from './sweep-storage.ts'

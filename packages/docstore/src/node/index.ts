/** What needs Node: files, locks, LevelDB. */
export { openDocstore, openStorage, type OpenOptions } from './open-docstore.ts'
export { openLevelEngine, type LevelOptions } from './open-level.ts'
export { verifyFiles, type Damage } from './verify-files.ts'
export { openSeries, type OpenedSeries, type OpenSeriesOptions } from './series.ts'
export { repair, type RepairReport } from './repair.ts'
export { createAuth } from './auth.ts'

/** testing/suites: what every adapter of a port must pass, for vitest. */
export { blobSuite } from './blob-suite.ts'
export { dbDriverSuite } from './db-driver-suite.ts'
export type { DriverFixture } from './db-driver-suite.ts'
export { describeSessions } from './db-sessions-suite.ts'
export type { Suite } from './db-suite.ts'
export { busSuite } from './bus-suite.ts'
export type { BusFixture } from './bus-suite.ts'

/** testing: a real Postgres for tests, a database per file, and the suites every adapter must pass. */
export { dbDriverSuite } from './db-driver-suite.ts'
export type { DriverFixture } from './db-driver-suite.ts'
export { cloneDatabase, executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
export type { TestPostgres, TestPostgresOptions } from './test-postgres.ts'

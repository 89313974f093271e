/** testing: a real Postgres for tests, a database per file, and the suites every adapter must pass. */
export { dbDriverSuite } from './db-driver-suite.ts'
export type { DriverFixture } from './db-driver-suite.ts'
export { cloneDatabase, executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
export type { TestPostgres, TestPostgresOptions } from './test-postgres.ts'
export { createTestDatabase } from './test-database.ts'
export { prepareTestServer } from './prepare-test-server.ts'
export { startTestPlatform } from './test-platform.ts'
export type { LogLine, TestPlatform, TestPlatformOptions } from './test-platform.ts'

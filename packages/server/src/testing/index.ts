/** testing: a real Postgres for tests of any runner, a database per file. The suites of adapters are `testing/suites`. */
export { cloneDatabase, executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
export type { TestPostgres, TestPostgresOptions } from './test-postgres.ts'
export { createTestDatabase, useTestServer } from './test-database.ts'
export type { TestDatabase, TestServer } from './test-database.ts'
export { prepareTestServer } from './prepare-test-server.ts'
export { startTestPlatform } from './test-platform.ts'
export type { LogLine, TestPlatform, TestPlatformOptions } from './test-platform.ts'
export { unlimited } from './unlimited.ts'

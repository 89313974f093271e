/** sql-tests: the pgTAP tests of a project, run without psql and pg_prove. */
export { runSqlTests } from './run-sql-tests.ts'
export type { SqlTestOptions } from './run-sql-tests.ts'
export { findTestFiles } from './find-test-files.ts'
export { SqlTestError } from './sql-test-error.ts'
export type { TapResult } from './parse-tap.ts'

/** postgres: Postgres by a URL, its migrations, its notifications. */
export { jsonText, openDatabase, stateOf } from './open-database.ts'
export type { Database, Queryable, Statement } from './open-database.ts'
export { listen } from './listen.ts'
export type { Listening } from './listen.ts'
export { migrate, readMigrations } from './migrate.ts'
export type { Migration } from './migrate.ts'
export { arrayOf, idColumn } from './array.ts'

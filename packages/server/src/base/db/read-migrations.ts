/** A service's migrations from the folder of .sql files beside its code. */
import { readFileSync, readdirSync } from 'node:fs'
import type { Migration } from './migration.ts'

/** Every `.sql` file of the folder in the order of its names; the name without `.sql` is the version. */
export function readMigrations(service: string, folder: URL): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.sort().map((file) => ({
    service,
    version: file.slice(0, -'.sql'.length),
    sql: readFileSync(new URL(file, folder), 'utf8'),
  }))
}

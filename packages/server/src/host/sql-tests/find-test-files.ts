/** The files that `test db` runs. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SqlTestError } from './sql-test-error.ts'

const isTest = (name: string): boolean => /\.(sql|pg)$/.test(name)

/** Files as they are, of folders every `.sql` and `.pg` below them, in the order of their names. */
export function findTestFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!existsSync(path)) throw new SqlTestError(`There is no ${path}.`)
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => isTest(name))
      .toSorted()
      .map((name) => join(path, name))
  })
}

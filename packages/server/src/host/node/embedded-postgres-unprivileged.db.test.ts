import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { closedFolder } from './postgres-binaries.ts'
import { takeLock } from './process-lock.ts'

/** A folder above this one may keep everybody but root out; then no ordinary user gets as far as Postgres. */
function isOpenToAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return false
    if (dirname(folder) === folder) return true
  }
}
const isReachable = process.geteuid?.() !== 0 || isOpenToAll(import.meta.dirname)

// One test, because it cannot become root again: this file's process gives up its privileges.
test.skipIf(!isReachable)(
  'an ordinary user starts, restarts and is told who runs the folder',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'basalt user '))
    if (process.geteuid?.() === 0) {
      chownSync(folder, 65534, 65534)
      process.setgroups?.([])
      process.setgid?.(65534)
      process.setuid?.(65534)
    }
    const options = { dataDir: join(folder, 'pgdata'), password: 'secret' }
    const first = await startEmbeddedPostgres(options)
    expect(first.created).toBe(true)
    expect(statSync(options.dataDir).uid).toBe(process.geteuid?.())
    await expect(startEmbeddedPostgres(options)).rejects.toMatchObject({
      failure: 'already-running',
    })
    await first.stop()
    const second = await startEmbeddedPostgres(options)
    expect(second.created).toBe(false)
    await second.stop()
    const lock = takeLock(`${options.dataDir}.lock`)
    expect('release' in lock).toBe(true)
    rmSync(folder, { recursive: true, force: true })
  },
)

import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { closedFolder } from './postgres-binaries.ts'
import { takeLock } from '#host/node/core'

// One test, because it cannot become root again: this file's process gives up its privileges.
test('an ordinary user starts, restarts and is told who runs the folder', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt user '))
  if (process.geteuid?.() === 0) {
    chownSync(folder, 65534, 65534)
    process.setgroups?.([])
    process.setgid?.(65534)
    process.setuid?.(65534)
  }
  const options = { dataDir: join(folder, 'pgdata'), password: 'secret' }
  const closed = closedFolder(fileURLToPath(import.meta.url))
  if (closed !== null) {
    await expect(startEmbeddedPostgres(options)).rejects.toThrow(`may not enter ${closed}.`)
    context.skip(`${closed} is closed to ordinary users, and Postgres is installed below it`)
  }
  const first = await startEmbeddedPostgres(options)
  expect(first.created).toBe(true)
  expect(statSync(options.dataDir).uid).toBe(process.geteuid?.())
  await expect(startEmbeddedPostgres(options)).rejects.toMatchObject({ failure: 'already-running' })
  await first.stop()
  const second = await startEmbeddedPostgres(options)
  expect(second.created).toBe(false)
  await second.stop()
  const lock = takeLock(`${options.dataDir}.lock`)
  expect('release' in lock).toBe(true)
  rmSync(folder, { recursive: true, force: true })
})

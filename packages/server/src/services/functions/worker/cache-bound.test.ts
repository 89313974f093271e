import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DenoHost } from '#services/functions/deno'
import { CacheBound } from './cache-bound.ts'

test('a cache that has grown too large is cleared; one that has not stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-cache-'))
  const host: DenoHost = {
    binary: () => '/nowhere/deno',
    account: null,
    folder,
    sockets: folder,
    npmRegistry: null,
  }
  const made = join(folder, 'deno/gen')
  mkdirSync(made, { recursive: true })
  writeFileSync(join(made, 'a.js'), Buffer.alloc(100_000))
  const bound = new CacheBound(host, 200_000)
  bound.watch(0)
  await expect.poll(() => bound.isLooking).toBe(false)
  expect([bound.clearings, existsSync(join(made, 'a.js'))]).toEqual([0, true])
  writeFileSync(join(made, 'b.js'), Buffer.alloc(200_000))
  bound.watch(1_000_000)
  await expect.poll(() => bound.isLooking).toBe(false)
  expect([bound.clearings, existsSync(made)]).toEqual([1, false])
  expect(statSync(join(folder, 'deno/location_data')).isFile()).toBe(true)
  rmSync(folder, { recursive: true })
})

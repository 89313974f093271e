/** The executable where its output cannot be written. */
import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const command = fileURLToPath(new URL('../bin/basalt.mjs', import.meta.url))
const run = (args: readonly string[], stdio: ('pipe' | number)[]) =>
  spawnSync(process.execPath, [command, ...args], { stdio, encoding: 'utf8' })

test('a full disk under its output fails a command, and says so in a line', () => {
  const { status, stderr } = run(['--help'], ['pipe', openSync('/dev/full', 'w'), 'pipe'])
  expect(stderr).toBe('Standard output cannot be written: ENOSPC: no space left on device, write\n')
  expect(status).toBe(1)
})

test('one under its errors ends nothing', () => {
  const { status, stdout } = run(['nonsense'], ['pipe', 'pipe', openSync('/dev/full', 'w')])
  expect([status, stdout]).toEqual([2, ''])
})

import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openLogFile } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('lines are appended; a file that is full becomes the older one, and nothing is lost', async () => {
  const path = join(folder, 'new/basalt.log')
  const text = (): string => readFileSync(path, 'utf8')
  const file = openLogFile(path, 10)
  file.write('a line of sixteen\n')
  await vi.waitFor(() => expect(text()).toBe('a line of sixteen\n'))
  file.write('the next\n')
  await vi.waitFor(() => expect(text()).toBe('the next\n'))
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('a line of sixteen\n')
})

test('a file that cannot be is told once, and keeps nobody from working', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const file = openLogFile(folder)
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith(expect.stringContaining(folder)))
  file.write('x\n')
  file.flushSync()
  expect(told).toHaveBeenCalledTimes(1)
  expect(existsSync(`${folder}.1`)).toBe(false)
  told.mockRestore()
})

test('a disk that was full is written to again, without a restart', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const path = join(folder, 'full.log')
  symlinkSync('/dev/full', path)
  const file = openLogFile(path, 1_000, 10)
  file.write('lost\n')
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith(expect.stringContaining('ENOSPC')))
  rmSync(path)
  await vi.waitFor(() => {
    file.write('kept\n')
    expect(readFileSync(path, 'utf8')).toMatch(/^(kept\n)+$/)
  })
  expect(told).toHaveBeenCalledTimes(1)
  told.mockRestore()
})

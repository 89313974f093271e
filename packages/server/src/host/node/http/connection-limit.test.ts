import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mostConnections } from './connection-limit.ts'

const limits = (files: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             95913                95913                processes
Max open files            ${files.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`

test.each([
  [20_000, '256', 192],
  [20_000, '1048576', 20_000],
  [20_000, 'unlimited', 20_000],
  [100, '256', 100],
])('of %i wanted, with %s open files', (wanted, files, most) => {
  expect(mostConnections(wanted, limits(files))).toBe(most)
})

test('without a limit that is known it is what is wanted', () => {
  expect(mostConnections(20_000, null)).toBe(20_000)
})

test.runIf(process.platform === 'linux')('the file of this system is read', () => {
  expect(mostConnections(1e9, readFileSync('/proc/self/limits', 'utf8'))).toBeLessThan(1e9)
})
